using System.Collections.Concurrent;
using System.Diagnostics;

namespace Sora.Histories;

/// <summary>Everything that clients asked for and were told, with times of one clock. Clients write side by side.</summary>
public sealed class History
{
    private readonly ConcurrentQueue<Operation> _operations = [];
    private readonly long _origin = Stopwatch.GetTimestamp();

    /// <summary>All that has begun.</summary>
    public IReadOnlyCollection<Operation> Operations => _operations;

    /// <summary>The clock.</summary>
    public long Now => Stopwatch.GetTimestamp() - _origin;

    public static TimeSpan Time(long ticks) => TimeSpan.FromSeconds(ticks / (double)Stopwatch.Frequency);

    /// <summary>Notes an operation as it begins: whatever becomes of it, it is part of the history.</summary>
    public Operation Begin(Operation operation)
    {
        operation.Start = Now;
        _operations.Enqueue(operation);
        return operation;
    }

    /// <summary>Notes the answer.</summary>
    public void End(Operation operation, Outcome outcome, string answer)
    {
        operation.Outcome = outcome;
        operation.Answer = answer;
        operation.End = Now;
    }

    /// <summary>Takes an operation with its times as they are.</summary>
    public void Add(Operation operation) => _operations.Enqueue(operation);
}
