using Sora.Contracts;

namespace Sora.Gateway.Imap.Search;

/// <summary>
/// How many searches each account may make: a bucket that fills within a minute. Only accounts whose bucket is not full are remembered.
/// </summary>
internal sealed class SearchRate(ImapOptions options, TimeProvider time)
{
    public static readonly MailError TooMany = new(MailErrorCode.Limit, "Too many searches, try again later");

    private const int LeastRemembered = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<AccountId, (double Used, long At)> _accounts = [];
    private int _tidyAt = LeastRemembered;

    /// <summary>Counts a search; false when the account has made too many.</summary>
    public bool TryTake(AccountId account)
    {
        var limit = options.SearchRate;
        if (limit == 0)
            return true;
        var now = time.GetTimestamp();
        lock (_lock)
        {
            var used = _accounts.TryGetValue(account, out var entry) ? Left(entry, now, limit) : 0;
            if (used + 1 > limit)
                return false;
            _accounts[account] = (used + 1, now);
            if (_accounts.Count > _tidyAt)
                Tidy(now, limit);
            return true;
        }
    }

    // What an account has used and has not got back since
    private double Left((double Used, long At) entry, long now, int limit) =>
        Math.Max(0, entry.Used - (time.GetElapsedTime(entry.At, now).TotalMinutes * limit));

    private void Tidy(long now, int limit)
    {
        foreach (var (account, entry) in _accounts.ToArray())
        {
            if (Left(entry, now, limit) <= 0)
                _accounts.Remove(account);
        }

        _tidyAt = Math.Max(LeastRemembered, _accounts.Count * 2);
    }
}
