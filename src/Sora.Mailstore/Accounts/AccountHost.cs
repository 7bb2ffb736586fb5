using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts;

/// <summary>The accounts of this process: finds them by address, checks passwords, and keeps what was read until it changes.</summary>
public sealed class AccountHost : IAccounts, IAsyncDisposable
{
    private readonly ConcurrentDictionary<AccountId, Account> _accounts = new();
    private readonly ConcurrentDictionary<string, (AccountIdentity? Identity, long Until)> _addresses = new(StringComparer.Ordinal);
    private readonly ChangeFeed _feed;
    private readonly ScramCredentials _scram;
    private readonly LastUses _uses;
    private readonly ExpiryTimers _expiries;
    private readonly LoginCheck _logins;
    private readonly TimeProvider _time;
    private readonly Dictionary<AccountId, IAccountSubscriber[]> _subscribers = [];
    private readonly Lock _lock = new();
    private int _changes;

    public AccountHost(
        Database database,
        ChangeFeed feed,
        MailboxHost mailboxes,
        PasswordVerifier passwords,
        AccountOptions options,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        _feed = feed;
        _time = time;
        Database = database;
        Mailboxes = mailboxes;
        Writers = mailboxes;
        Options = options;
        Logger = loggers.CreateLogger<AccountHost>();
        Store = new AccountStore(database.Write);
        Logins = new LoginStore(database.Write);
        _scram = new ScramCredentials(new ScramStore(database.Write), passwords.ScramIterations, time);
        _uses = new LastUses(Logins, options.LastUseInterval, time, Logger);
        _expiries = new ExpiryTimers(Tell, time);
        _logins = new LoginCheck(Logins, passwords, _scram, _uses, () => Volatile.Read(ref _changes), () => Interlocked.Increment(ref _changes));
        feed.AccountChanged += OnChanged;
        feed.Interrupted += OnInterrupted;
    }

    /// <summary>An account, its addresses or what others let its user do has changed; account 0 stands for everyone.</summary>
    internal event Action<AccountId>? Changed;

    /// <summary>Changes may have been missed.</summary>
    internal event Action? Interrupted;

    internal Database Database { get; }

    internal MailboxHost Mailboxes { get; }

    /// <summary>Where the writers of mailboxes are found, when they need not be in this process.</summary>
    public IMailboxes Writers { get; set; }

    internal AccountOptions Options { get; }

    internal ILogger Logger { get; }

    internal AccountStore Store { get; }

    internal LoginStore Logins { get; }

    public IAccount Get(AccountId id) => Find(id);

    internal Account Find(AccountId id)
    {
        if (_accounts.TryGetValue(id, out var account))
            return account;
        if (_accounts.Count >= Options.MaxOpenAccounts)
            _accounts.Clear(); // an account is read again in one query
        return _accounts.GetOrAdd(id, new Account(id, this));
    }

    public IDisposable Subscribe(AccountId id, IAccountSubscriber subscriber)
    {
        lock (_lock)
            _subscribers[id] = [.. _subscribers.GetValueOrDefault(id, []), subscriber];
        return new Subscription(this, id, subscriber);
    }

    public async ValueTask<AccountIdentity?> FindAsync(string address, CancellationToken cancellationToken)
    {
        var key = Normalize(address);
        var now = _time.GetTimestamp();
        if (_addresses.TryGetValue(key, out var known) && known.Until > now)
            return known.Identity;
        var changes = Volatile.Read(ref _changes);
        var identity = await Store.FindAsync(key, cancellationToken);
        if (_addresses.Count >= Options.LookupCacheSize)
            _addresses.Clear();
        if (Options.LookupCache > TimeSpan.Zero && Options.LookupCacheSize > 0)
        {
            _addresses[key] = (identity, now + (long)(Options.LookupCache.TotalSeconds * _time.TimestampFrequency));
            if (changes != Volatile.Read(ref _changes))
                _addresses.TryRemove(key, out _);
        }

        return identity;
    }

    public ValueTask<MailResult<AccountIdentity>> AuthenticateAsync(LoginRequest login, string password, CancellationToken cancellationToken) =>
        AuthenticateAsync(login, password, furtherOnly: false, cancellationToken);

    /// <summary>The same with the further passwords of the address only, which takes no time when there are none: whoever knows its own checks that.</summary>
    internal ValueTask<MailResult<AccountIdentity>> AuthenticateFurtherAsync(LoginRequest login, string password, CancellationToken cancellationToken) =>
        AuthenticateAsync(login, password, furtherOnly: true, cancellationToken);

    private async ValueTask<MailResult<AccountIdentity>> AuthenticateAsync(
        LoginRequest login, string password, bool furtherOnly, CancellationToken cancellationToken)
    {
        try
        {
            return await _logins.CheckAsync(login, password, furtherOnly, cancellationToken);
        }
        catch (PasswordVerifierBusyException)
        {
            return MailError.Unavailable("Too many logins at once, try again later");
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(Logger, e);
            return MailError.Unavailable();
        }
    }

    public async ValueTask<MailResult<ScramChallenge>> FindScramAsync(LoginRequest login, ScramHashes hash, CancellationToken cancellationToken)
    {
        try
        {
            return await _logins.FindScramAsync(login, hash, cancellationToken);
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(Logger, e);
            return MailError.Unavailable();
        }
    }

    public async ValueTask<MailResult<AccountIdentity>> ConfirmScramAsync(LoginRequest login, ScramKeys proven, CancellationToken cancellationToken)
    {
        try
        {
            return await _logins.ConfirmScramAsync(login, proven, cancellationToken);
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(Logger, e);
            return MailError.Unavailable();
        }
    }

    public async ValueTask<MailResult<AccountIdentity>> AdmitAsync(LoginRequest login, CancellationToken cancellationToken)
    {
        try
        {
            return await _logins.AdmitAsync(login, cancellationToken);
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(Logger, e);
            return MailError.Unavailable();
        }
    }

    public async ValueTask<ScramHashes> ScramForAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _scram.ForAllAsync(Volatile.Read(ref _changes), cancellationToken);
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(Logger, e);
            return ScramHashes.None;
        }
    }

    public IDisposable Watch(AccountIdentity identity, IAccountSubscriber subscriber)
    {
        var watch = new SessionWatch(this, identity, subscriber);

        // What was heard between reading the password and now was not for this session
        if (identity.Ticket is { } ticket)
        {
            if (ticket.ExpiresAt is { } end)
                _expiries.Set(ticket.Account, end);
            if (ticket.Changes != Volatile.Read(ref _changes))
                subscriber.Changed(identity.Account);
        }

        return watch;
    }

    public async ValueTask<bool> MayGoOnAsync(AccountIdentity identity, CancellationToken cancellationToken)
    {
        if (identity.Ticket is not { } ticket)
            return true;
        if (ticket.Account != identity.Account && await Find(identity.Account).SessionRightsAsync(cancellationToken) is null)
            return false; // the master is still one, but those it acted for are gone
        if (await Find(ticket.Account).SessionRightsAsync(cancellationToken) is not { IsDisabled: false } rights
            || rights.Epoch != ticket.Epoch)
            return false;
        if (ticket.Credential == default)
            return true;
        if (!rights.Credentials.TryGetValue(ticket.Credential, out var credential)
            || !credential.Scopes.HasFlag(ticket.Protocol)
            || credential.ExpiresAt <= _time.GetUtcNow())
            return false;

        // The end may be another one than at login
        if (credential.ExpiresAt is { } end)
            _expiries.Set(ticket.Account, end);
        return true;
    }

    /// <summary>Tells this process and the others that an account has changed.</summary>
    public void Announce(AccountId id)
    {
        OnChanged(id);
        _feed.AnnounceAccount(id);
    }

    /// <summary>Another process was asked to change an account and has: nothing is known of it here before it is read again.</summary>
    public void Forget(AccountId id) => OnChanged(id);

    /// <summary>Stops, and writes down what logins have left.</summary>
    public async ValueTask DisposeAsync()
    {
        _feed.AccountChanged -= OnChanged;
        _feed.Interrupted -= OnInterrupted;
        _expiries.Dispose();
        await _uses.DisposeAsync();
    }

    /// <summary>Addresses compare without regard to case.</summary>
    internal static string Normalize(string address) => address.Trim().ToLowerInvariant();

    private void OnChanged(AccountId id)
    {
        Interlocked.Increment(ref _changes);
        _addresses.Clear();
        if (_accounts.TryGetValue(id, out var account))
            account.Forget();
        Changed?.Invoke(id);
        Tell(id);
    }

    private void OnInterrupted()
    {
        Interlocked.Increment(ref _changes);
        _addresses.Clear();
        foreach (var account in _accounts.Values)
            account.Forget();
        Interrupted?.Invoke();
        AccountId[] watched;
        lock (_lock)
            watched = [.. _subscribers.Keys];
        foreach (var id in watched)
            Tell(id);
    }

    private void Tell(AccountId id)
    {
        List<IAccountSubscriber> told = [];
        lock (_lock)
        {
            if (id == SharingStore.Anyone)
            {
                foreach (var subscribers in _subscribers.Values)
                    told.AddRange(subscribers);
            }
            else if (_subscribers.TryGetValue(id, out var subscribers))
            {
                told.AddRange(subscribers);
            }
        }

        foreach (var subscriber in told)
            subscriber.Changed(id);
    }

    private void Unsubscribe(AccountId id, IAccountSubscriber subscriber)
    {
        lock (_lock)
        {
            IAccountSubscriber[] left = [.. _subscribers.GetValueOrDefault(id, []).Where(other => other != subscriber)];
            if (left.Length > 0)
                _subscribers[id] = left;
            else
                _subscribers.Remove(id);
        }
    }

    private sealed class Subscription(AccountHost host, AccountId id, IAccountSubscriber subscriber) : IDisposable
    {
        public void Dispose() => host.Unsubscribe(id, subscriber);
    }
}
