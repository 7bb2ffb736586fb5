using System.Collections.Concurrent;
using System.Diagnostics;

namespace Sora.Histories;

/// <summary>Everything that clients asked for and were told, with times of one clock. Clients write side by side.</summary>
public sealed class History
{
    private readonly ConcurrentQueue<Operation> _operations = [];
    private readonly ConcurrentDictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> _flags = new(StringComparer.Ordinal);
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

    // A message is told of a thousand times, mostly with the same words: a long history keeps each once
    internal string Share(string text) => _texts.GetOrAdd(text, text);

    internal IReadOnlyList<string> Share(IEnumerable<string> flags)
    {
        string[] all = [.. flags];
        return _flags.GetOrAdd(string.Join(' ', all), all);
    }
}
