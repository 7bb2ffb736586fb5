using Sora.Contracts;

namespace Sora.Mailstore.Mailboxes;

/// <summary>
/// The requests that a mailbox has carried out lately, so that one sent again is answered and not repeated. It is rebuilt from the snapshot
/// and the log, so it survives its process.
/// </summary>
internal sealed class OperationMemory(TimeSpan window, int limit)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<OperationId, CompletedOperation> _operations = [];
    private readonly Queue<(OperationId Id, long Time)> _order = new();
    private IReadOnlyList<CompletedOperation>? _stored; // what a snapshot remembers, until somebody asks

    public bool TryGet(OperationId id, out CompletedOperation operation)
    {
        operation = default;
        if (id.IsNone)
            return false;
        lock (_lock)
        {
            TakeStored();
            return _operations.TryGetValue(id, out operation);
        }
    }

    /// <summary>What a snapshot remembers; it is looked into when that is first needed.</summary>
    public void AddStored(IReadOnlyList<CompletedOperation> operations)
    {
        lock (_lock)
        {
            TakeStored();
            _stored = operations;
        }
    }

    public void Add(IReadOnlyList<CompletedOperation> operations)
    {
        if (operations.Count == 0)
            return;
        lock (_lock)
        {
            TakeStored();
            Remember(operations);
        }
    }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<CompletedOperation> ToList()
    {
        lock (_lock)
        {
            TakeStored();
            return [.. _order.Select(entry => _operations[entry.Id])];
        }
    }

    private void TakeStored()
    {
        if (_stored is not { } stored)
            return;
        _stored = null;
        Remember(stored);
    }

    private void Remember(IReadOnlyList<CompletedOperation> operations)
    {
        foreach (var operation in operations)
        {
            if (_operations.TryAdd(operation.Id, operation))
                _order.Enqueue((operation.Id, operation.Time));
        }

        if (operations.Count > 0)
            Forget(operations[^1].Time);
    }

    private void Forget(long now)
    {
        var horizon = now - (long)window.TotalSeconds;
        while (_order.Count > limit || (_order.TryPeek(out var oldest) && oldest.Time < horizon))
            _operations.Remove(_order.Dequeue().Id);
    }
}
