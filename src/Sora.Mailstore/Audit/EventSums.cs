using System.Net;
using Sora.Contracts;

namespace Sora.Mailstore.Audit;

/// <summary>
/// Logins on their way into the audit log: one entry each as long as there are no more than a rate, sums of those that are alike beyond it, and sums of what is less alike when there are
/// too many of these. So there is a limit to what an attack can write. Those that succeed have a rate of their own. For one thread at a time.
/// </summary>
internal sealed class EventSums(AuditOptions options, TimeProvider time)
{
    private List<(LoginEvent Event, DateTimeOffset At)> _single = [];
    private Dictionary<LoginEvent, Sum> _sums = [];
    private double _successes = options.EntriesPerMinute;
    private double _failures = options.EntriesPerMinute;
    private long _filledAt = time.GetTimestamp();

    /// <summary>Entries that would be written now, the sums included.</summary>
    public int Count => _single.Count + _sums.Count;

    public bool HasSingle => _single.Count > 0;

    public void Add(LoginEvent happened)
    {
        if (options.Logins == AuditedLogins.None
            || (options.Logins == AuditedLogins.Failures && happened is { Outcome: LoginOutcome.Ok, ActedFor: null }))
        {
            return;
        }

        Fill();
        ref var tokens = ref happened.Outcome == LoginOutcome.Ok ? ref _successes : ref _failures;
        if (tokens >= 1)
        {
            tokens--;
            _single.Add((happened, time.GetUtcNow()));
            return;
        }

        AddSum(happened, time.GetUtcNow(), time.GetUtcNow(), 1);
    }

    /// <summary>What waits, and the sums too if they are wanted.</summary>
    public List<AuditEntry> Take(string node, bool withSums)
    {
        var entries = new List<AuditEntry>(Count);
        foreach (var (happened, at) in _single)
            entries.Add(AuditEntry.Of(happened, node, at, at, 1));
        _single = [];
        if (!withSums)
            return entries;
        foreach (var (happened, sum) in _sums)
            entries.Add(AuditEntry.Of(happened, node, sum.First, sum.Last, sum.Times));
        _sums = [];
        return entries;
    }

    private void AddSum(LoginEvent happened, DateTimeOffset first, DateTimeOffset last, int times)
    {
        if (!_sums.TryGetValue(happened, out var sum) && _sums.Count >= options.MaxSums)
        {
            happened = happened with { Address = IPAddress.None, User = null, Account = null, ActedFor = null };
            sum = _sums.GetValueOrDefault(happened);
        }

        if (sum is null)
            _sums.Add(happened, sum = new Sum { First = first });
        sum.Last = last;
        sum.Times += times;
    }

    private void Fill()
    {
        var now = time.GetTimestamp();
        var more = time.GetElapsedTime(_filledAt, now).TotalMinutes * options.EntriesPerMinute;
        _filledAt = now;
        _successes = Math.Min(options.EntriesPerMinute, _successes + more);
        _failures = Math.Min(options.EntriesPerMinute, _failures + more);
    }

    private sealed class Sum
    {
        public DateTimeOffset First { get; init; }

        public DateTimeOffset Last { get; set; }

        public int Times { get; set; }
    }
}
