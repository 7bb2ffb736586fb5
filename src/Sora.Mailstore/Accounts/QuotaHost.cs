using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts;

/// <summary>
/// Quotas in this process. As long as neither the options nor the database limit anybody, a delivery pays one comparison. Otherwise each
/// account's usage is kept, with this process's own changes added, and read anew after <see cref="QuotaOptions.Refresh"/> and before anything is
/// refused, with several processes also before anything is let in to an account that is nearly full. Deliveries of one process never go over a limit
/// together; with several processes an account can be over it by what the others commit at the same moment, or within that time if it is more than what
/// <see cref="AccountUsage.IsNearlyFull"/> leaves.
/// </summary>
public sealed class QuotaHost : IQuotas, IDisposable
{
    // Reads before something is refused while others go on committing to the same account
    private const int MostReads = 3;

    private readonly ConcurrentDictionary<AccountId, AccountUsage> _accounts = new();
    private readonly QuotaStore _store;
    private readonly ChangeFeed _feed;
    private readonly QuotaOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly QuotaLimits _defaults;
    private readonly long _maxMailboxes;
    private volatile bool _hasAny; // whether anybody has limits of its own, as far as is known
    private long _knownUntil;
    private int _changes;

    /// <param name="maxMailboxes">How many mailboxes any account may have (<see cref="AccountOptions.MaxMailboxes"/>).</param>
    public QuotaHost(Database database, ChangeFeed feed, QuotaOptions options, long maxMailboxes, TimeProvider time, ILoggerFactory loggers)
    {
        _store = new QuotaStore(database.Write);
        _feed = feed;
        _options = options;
        _maxMailboxes = maxMailboxes;
        _time = time;
        _logger = loggers.CreateLogger<QuotaHost>();
        _defaults = new QuotaLimits(OrNone(options.Storage.Bytes), OrNone(options.Messages), OrNone(options.Mailboxes));
        feed.AccountChanged += Forget;
        feed.Interrupted += ForgetAll;
    }

    /// <summary>
    /// Other processes add to the same accounts: what is known of one that is nearly full is read anew before anything is let in.
    /// </summary>
    public bool OthersCommit { get; init; }

    public async Task<MailResult<AccountQuota>> ReadAsync(AccountId account, CancellationToken cancellationToken)
    {
        try
        {
            if (await _store.ReadAsync(account, _defaults, withUsage: true, cancellationToken) is not { } quota)
                return NoAccount();

            // The grammar of RFC 9208 has no empty list, and clients that go by it break off: without other limits, the one of all accounts is named
            return quota.Limits.IsNone ? quota with { Limits = new QuotaLimits(null, null, _maxMailboxes) } : quota;
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(_logger, e);
            return MailError.Unavailable();
        }
    }

    public Task<MailResult<AccountQuota>> SetAsync(AccountId account, QuotaLimits limits, CancellationToken cancellationToken) =>
        SetAsync(
            account,
            new StoredQuota(
                limits.Storage ?? StoredQuota.Unlimited, limits.Messages ?? StoredQuota.Unlimited, limits.Mailboxes ?? StoredQuota.Unlimited),
            cancellationToken);

    /// <summary>Replaces the account's own limits. NONEXISTENT, UNAVAILABLE.</summary>
    public async Task<MailResult<AccountQuota>> SetAsync(AccountId account, StoredQuota quota, CancellationToken cancellationToken)
    {
        try
        {
            if (!await _store.SetAccountAsync(account, quota, cancellationToken))
                return NoAccount();
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(_logger, e);
            return MailError.Unavailable();
        }

        Forget(account);
        _feed.AnnounceAccount(account);
        return await ReadAsync(account, cancellationToken);
    }

    /// <summary>Replaces a domain's limits; other processes know of it after the refresh times.</summary>
    public async Task SetDomainAsync(string domain, StoredQuota quota, CancellationToken cancellationToken)
    {
        await _store.SetDomainAsync(domain, quota, cancellationToken);
        ForgetAll();
    }

    public Task<StoredQuota> ReadAccountAsync(AccountId account, CancellationToken cancellationToken) =>
        _store.ReadAccountAsync(account, cancellationToken);

    public Task<StoredQuota> ReadDomainAsync(string domain, CancellationToken cancellationToken) =>
        _store.ReadDomainAsync(domain, cancellationToken);

    public async ValueTask<MailError?> CheckAsync(AccountId account, long bytes, int messages, CancellationToken cancellationToken)
    {
        if (!await MayLimitAsync(cancellationToken))
            return null;
        using var hold = await HoldAsync(account, bytes, messages, cancellationToken);
        return hold.Refusal;
    }

    public void Dispose()
    {
        _feed.AccountChanged -= Forget;
        _feed.Interrupted -= ForgetAll;
    }

    /// <summary>False when nobody has limits: then there is nothing to hold.</summary>
    internal ValueTask<bool> MayLimitAsync(CancellationToken cancellationToken) =>
        !_defaults.IsNone ? new(true)
        : _time.GetTimestamp() < Volatile.Read(ref _knownUntil) ? new(_hasAny)
        : new(LookForAnyAsync(cancellationToken));

    /// <summary>Holds room for messages, or says why there is none.</summary>
    internal async ValueTask<QuotaHold> HoldAsync(AccountId account, long bytes, int messages, CancellationToken cancellationToken)
    {
        var usage = Find(account);
        var now = _time.GetTimestamp();
        if ((!usage.IsKnownSince(now - Ticks(_options.Refresh)) || (OthersCommit && usage.IsNearlyFull(bytes, messages)))
            && await ReadAsync(usage, cancellationToken) is { } failed)
            return new QuotaHold(failed);
        if (usage.TryHold(bytes, messages) is null)
            return new QuotaHold(usage, bytes, messages);

        // What another process has expunged, or an administrator allowed, is not known yet; and what was committed while it was read may have been
        // counted twice
        for (var attempt = 1; ; attempt++)
        {
            var added = usage.EverAdded;
            if (await ReadAsync(usage, cancellationToken) is { } failedAgain)
                return new QuotaHold(failedAgain);
            if (usage.TryHold(bytes, messages) is not { } refusal)
                return new QuotaHold(usage, bytes, messages);
            if (attempt == MostReads || added == usage.EverAdded)
                return new QuotaHold(refusal);
        }
    }

    /// <summary>The most mailboxes that the account may have; null when nothing limits them.</summary>
    internal async ValueTask<long?> MaxMailboxesAsync(AccountId account, CancellationToken cancellationToken) =>
        await MayLimitAsync(cancellationToken)
            ? (await _store.ReadAsync(account, _defaults, withUsage: false, cancellationToken))?.Limits.Mailboxes
            : null;

    /// <summary>This process has committed a record that changed what a mailbox holds.</summary>
    internal void Changed(AccountId account, MailboxTotals before, MailboxTotals after)
    {
        if (_accounts.IsEmpty || (before.Size == after.Size && before.Messages == after.Messages) || !_accounts.TryGetValue(account, out var usage))
            return;
        usage.Add(after.Size - before.Size, after.Messages - before.Messages);
        if (_options.WarnPercent > 0 && usage.PassesWarning(_options.WarnPercent))
            Log.QuotaWarning(_logger, account.Value, _options.WarnPercent);
    }

    private async Task<bool> LookForAnyAsync(CancellationToken cancellationToken)
    {
        var changes = Volatile.Read(ref _changes);
        var hasAny = await _store.AnyAsync(cancellationToken);
        if (changes == Volatile.Read(ref _changes))
        {
            _hasAny = hasAny;
            Volatile.Write(ref _knownUntil, _time.GetTimestamp() + Ticks(_options.RefreshNone));
        }

        return hasAny;
    }

    private AccountUsage Find(AccountId account)
    {
        if (_accounts.TryGetValue(account, out var usage))
            return usage;
        if (_accounts.Count >= _options.MaxAccounts)
            _accounts.Clear(); // it is read again in one query
        return _accounts.GetOrAdd(account, new AccountUsage(account));
    }

    private Task<MailError?> ReadAsync(AccountUsage usage, CancellationToken cancellationToken) =>
        usage.ReadAsync(ReadFromStoreAsync).WaitAsync(cancellationToken);

    private async Task<MailError?> ReadFromStoreAsync(AccountUsage usage)
    {
        var addedBefore = usage.ReadStarts();
        var now = _time.GetTimestamp();
        try
        {
            var quota = await _store.ReadAsync(usage.Account, _defaults, withUsage: false, CancellationToken.None);
            usage.Set(quota?.Limits ?? default, quota?.Usage ?? default, addedBefore, now);
            return null;
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(_logger, e);
            return MailError.Unavailable();
        }
    }

    /// <summary>The limits of an account have changed: nothing is known of it here before it is read again.</summary>
    public void Forget(AccountId account)
    {
        Interlocked.Increment(ref _changes);
        Volatile.Write(ref _knownUntil, 0);
        _accounts.TryRemove(account, out _);
    }

    private void ForgetAll()
    {
        Interlocked.Increment(ref _changes);
        Volatile.Write(ref _knownUntil, 0);
        _accounts.Clear();
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);

    private static long? OrNone(long value) => value == 0 ? null : value;

    private static MailError NoAccount() => new(MailErrorCode.NonExistent, "There is no such account");
}
