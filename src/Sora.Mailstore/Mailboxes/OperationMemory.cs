using Sora.Contracts;

namespace Sora.Mailstore.Mailboxes;

/// <summary>
/// The requests that a mailbox has carried out lately, so that one sent again is answered and not repeated. It is rebuilt from the snapshot
/// and the log, so it survives its process.
/// </summary>
internal sealed class OperationMemory(TimeSpan window, int limit)
{
    private readonly Dictionary<OperationId, CompletedOperation> _operations = [];
    private readonly Queue<(OperationId Id, long Time)> _order = new();

    public bool TryGet(OperationId id, out CompletedOperation operation)
    {
        operation = default;
        return !id.IsNone && _operations.TryGetValue(id, out operation);
    }

    public void Add(IReadOnlyList<CompletedOperation> operations)
    {
        foreach (var operation in operations)
        {
            if (_operations.TryAdd(operation.Id, operation))
                _order.Enqueue((operation.Id, operation.Time));
        }

        if (operations.Count > 0)
            Forget(operations[^1].Time);
    }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<CompletedOperation> ToList() => [.. _order.Select(entry => _operations[entry.Id])];

    private void Forget(long now)
    {
        var horizon = now - (long)window.TotalSeconds;
        while (_order.Count > limit || (_order.TryPeek(out var oldest) && oldest.Time < horizon))
            _operations.Remove(_order.Dequeue().Id);
    }
}
