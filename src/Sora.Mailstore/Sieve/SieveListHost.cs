using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Sieve;

/// <summary>A list of an account.</summary>
/// <param name="Name">Its name written out.</param>
/// <param name="Members">How many members it has.</param>
/// <param name="ChangedAt">When it was changed last.</param>
public sealed record AccountList(string Name, int Members, DateTimeOffset ChangedAt);

/// <summary>
/// External lists (RFC 6134): the site's, and those of accounts in the database. What deliveries have asked for is kept in memory until a change of the account is announced.
/// </summary>
public sealed class SieveListHost : ISieveLists, IDisposable
{
    private readonly ConcurrentDictionary<AccountId, ConcurrentDictionary<string, SieveList?>> _known = new();
    private readonly SiteLists _site;
    private readonly SieveListStore _store;
    private readonly ChangeFeed _feed;
    private readonly SieveOptions _options;
    private readonly ILogger _logger;
    private int _members; // kept in memory
    private int _changes;

    public SieveListHost(SiteLists site, Database database, ChangeFeed feed, SieveOptions options, ILoggerFactory loggers)
    {
        _site = site;
        _store = new SieveListStore(database.Write);
        _feed = feed;
        _options = options;
        _logger = loggers.CreateLogger<SieveListHost>();
        feed.AccountChanged += Forget;
        feed.Interrupted += ForgetAll;
    }

    public void Dispose()
    {
        _feed.AccountChanged -= Forget;
        _feed.Interrupted -= ForgetAll;
    }

    /// <inheritdoc/>
    public ValueTask<MailResult<SieveList?>> FindAsync(AccountId account, string domain, string name, CancellationToken cancellationToken)
    {
        var site = _site.Find(domain, name);
        if (!site.IsOk || _options.MaxLists == 0)
            return new(site);
        return _known.TryGetValue(account, out var lists) && lists.TryGetValue(name, out var own)
            ? new(Both(own, site.Value))
            : new(FindAsync(account, name, site.Value, cancellationToken));
    }

    /// <summary>The account's own lists, by name. UNAVAILABLE.</summary>
    public Task<MailResult<IReadOnlyList<AccountList>>> ListAsync(AccountId account, CancellationToken cancellationToken) =>
        TryAsync(async () =>
        {
            var lists = await _store.ListAsync(account, cancellationToken);
            return (MailResult<IReadOnlyList<AccountList>>)(AccountList[])[.. lists.Select(static list => new AccountList(list.Name, list.Members, list.ChangedAt))];
        });

    /// <summary>The members of an account's own list. NONEXISTENT, UNAVAILABLE.</summary>
    public Task<MailResult<string[]>> ReadAsync(AccountId account, string name, CancellationToken cancellationToken) =>
        TryAsync(async () => await _store.ReadAsync(account, name, cancellationToken) is { } members ? members : (MailResult<string[]>)NoList());

    /// <summary>Gives a list of an account these members alone; it is made where it is not there. LIMIT, NONEXISTENT for the account, UNAVAILABLE.</summary>
    public Task<MailResult<int>> PutAsync(AccountId account, string name, IEnumerable<string> members, CancellationToken cancellationToken) =>
        ChangeAsync(account, name, _ => [.. members.Distinct(StringComparer.OrdinalIgnoreCase)], cancellationToken);

    /// <summary>Adds members; those that are there stay as they are written. The result is how many came. As <see cref="PutAsync"/>.</summary>
    public Task<MailResult<int>> AddAsync(AccountId account, string name, IEnumerable<string> members, CancellationToken cancellationToken) =>
        ChangeAsync(account, name, old => [.. (old ?? []).Concat(members).Distinct(StringComparer.OrdinalIgnoreCase)], cancellationToken);

    /// <summary>Takes members away, whatever their case; the result is how many went. NONEXISTENT for the list, UNAVAILABLE.</summary>
    public Task<MailResult<int>> RemoveAsync(AccountId account, string name, IReadOnlyCollection<string> members, CancellationToken cancellationToken) =>
        ChangeAsync(
            account, name, old => old is null ? null : [.. old.Where(member => !members.Contains(member, StringComparer.OrdinalIgnoreCase))], cancellationToken);

    /// <summary>Deletes a list of an account. NONEXISTENT, UNAVAILABLE.</summary>
    public async Task<MailResult<Done>> DeleteAsync(AccountId account, string name, CancellationToken cancellationToken)
    {
        var deleted = await TryAsync(async () => await _store.DeleteAsync(account, name, cancellationToken) ? new Done() : (MailResult<Done>)NoList());
        Announce(account, deleted.IsOk);
        return deleted;
    }

    // The result is by how many members the list has changed
    private async Task<MailResult<int>> ChangeAsync(AccountId account, string name, Func<string[]?, string[]?> change, CancellationToken cancellationToken)
    {
        var difference = 0;
        var changed = await TryAsync(async () =>
        {
            var outcome = await _store.ChangeAsync(account, name, Counted, _options.MaxLists, _options.MaxListMembers, cancellationToken);
            return outcome switch
            {
                SieveListOutcome.Done => difference,
                SieveListOutcome.NoAccount => new MailError(MailErrorCode.NonExistent, "There is no such account"),
                SieveListOutcome.TooManyLists => new MailError(MailErrorCode.Limit, string.Create(null, $"An account may have {_options.MaxLists} lists")),
                SieveListOutcome.TooManyMembers =>
                    new MailError(MailErrorCode.Limit, string.Create(null, $"All lists of an account together may have {_options.MaxListMembers} members")),
                _ => (MailResult<int>)NoList(),
            };
        });
        Announce(account, changed.IsOk);
        return changed;

        string[]? Counted(string[]? old)
        {
            var members = change(old);
            difference = Math.Abs((members?.Length ?? 0) - (old?.Length ?? 0));
            return members;
        }
    }

    private void Announce(AccountId account, bool isChanged)
    {
        Forget(account); // It may have been done all the same
        if (isChanged)
            _feed.AnnounceAccount(account);
    }

    private async Task<MailResult<SieveList?>> FindAsync(AccountId account, string name, SieveList? site, CancellationToken cancellationToken)
    {
        var changes = Volatile.Read(ref _changes);
        var read = await TryAsync(async () => (MailResult<string[]?>)await _store.ReadAsync(account, name, cancellationToken));
        if (!read.IsOk)
            return read.Error;
        var own = read.Value is { } members ? new SieveList(members) : null;

        // That a list is not there is worth a place too
        var size = 1 + (read.Value?.Length ?? 0);
        if (size <= _options.MaxCachedListMembers)
        {
            if (Interlocked.Add(ref _members, size) > _options.MaxCachedListMembers)
            {
                _known.Clear();
                Volatile.Write(ref _members, size);
            }

            _known.GetOrAdd(account, static _ => new(StringComparer.Ordinal))[name] = own;
            if (changes != Volatile.Read(ref _changes)) // What was read may be older than the change
                _known.TryRemove(account, out _);
        }

        return Both(own, site);
    }

    private static MailResult<SieveList?> Both(SieveList? own, SieveList? site) => own is null ? site : own.And(site);

    private void Forget(AccountId account)
    {
        Interlocked.Increment(ref _changes);
        _known.TryRemove(account, out _); // Its members stay counted until all are forgotten: the limit is on the safe side
    }

    private void ForgetAll()
    {
        Interlocked.Increment(ref _changes);
        _known.Clear();
        Volatile.Write(ref _members, 0);
    }

    private async Task<MailResult<T>> TryAsync<T>(Func<Task<MailResult<T>>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.SieveFailed(_logger, e);
            return MailError.Unavailable();
        }
    }

    private static MailError NoList() => new(MailErrorCode.NonExistent, "The account has no list by that name");
}
