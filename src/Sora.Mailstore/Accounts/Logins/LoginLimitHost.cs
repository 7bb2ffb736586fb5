using System.Net;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts.Logins;

/// <summary>
/// Wrong passwords in this process, shared with all others on the database. What was counted goes out in batches, at most one per
/// <see cref="LoginLimitOptions.ShareInterval"/>; the rows that come back, with what others have counted, are told to all. When the database is away, each process goes by what it knows.
/// </summary>
public sealed class LoginLimitHost : ILoginLimits, IAsyncDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly ChangeFeed _feed;
    private readonly LoginLimitOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LoginLimitStore _store;
    private readonly LoginLimitTable _table;
    private readonly KnownNetworks _known;
    private readonly Dictionary<Guid, int> _waiting = [];
    private readonly LoginKeys _keys;
    private readonly IPNetwork[] _exempt;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _sharing;
    private readonly Task _sweeping;
    private TaskCompletionSource _nextBatch = New();
    private bool _mustReadAll;

    private LoginLimitHost(
        LoginLimitStore store, byte[] secret, ChangeFeed feed, LoginLimitOptions options, MailstoreMetrics metrics, TimeProvider time, ILogger logger)
    {
        _feed = feed;
        _options = options;
        _time = time;
        _logger = logger;
        _store = store;
        _table = new LoginLimitTable(options, time);
        _known = new KnownNetworks(store, options, time);
        _keys = new LoginKeys(secret, options.Ipv6Prefix);
        _exempt = [.. options.ExemptNetworks.Select(static text => IPNetwork.Parse(text))];
        feed.LoginLimitsChanged += OnNews;
        feed.Interrupted += OnInterrupted;
        metrics.ObserveLoginLimits(() => Locked(table => table.Count), () => Locked(static table => (
            table.CountBlocked(LoginKind.Address), table.CountBlocked(LoginKind.User), table.CountBlocked(LoginKind.Pair))));
        _sharing = Task.Run(ShareAsync);
        _sweeping = Task.Run(SweepAsync);
    }

    /// <summary>Begins with what the database knows.</summary>
    public static async Task<LoginLimitHost> StartAsync(
        Database database, ChangeFeed feed, LoginLimitOptions options, MailstoreMetrics metrics, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(loggers);
        var store = new LoginLimitStore(database.Write, options);
        var secret = await LoginLimitStore.SecretAsync(database.Write, cancellationToken);
        var host = new LoginLimitHost(store, secret, feed, options, metrics, time, loggers.CreateLogger<LoginLimitHost>());
        await host.ReadAllAsync(cancellationToken);
        return host;
    }

    /// <inheritdoc/>
    public async ValueTask<LoginPermission> AskAsync(IPAddress address, string user, CancellationToken cancellationToken)
    {
        if (IsExempt(address) || Locked(static table => table.Count) == 0)
            return default;
        var subject = _keys.Of(address, user);
        var permission = await AskAsync(subject, cancellationToken);
        if (permission.IsBlocked || permission.Time == TimeSpan.Zero)
            return permission;
        if (!TryWait(subject.Address))
            return new LoginPermission(LoginBlock.Waiting, permission.Time);
        try
        {
            await Task.Delay(permission.Time, _time, cancellationToken);
        }
        finally
        {
            EndWait(subject.Address);
        }

        return await AskAsync(subject, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<LoginPermission> FailedAsync(IPAddress address, string user, AccountIdentity? account, CancellationToken cancellationToken)
    {
        if (IsExempt(address))
            return default;
        var subject = _keys.Of(address, user);
        var permission = await AskAsync(subject, cancellationToken);
        if (permission.IsBlocked)
            return permission; // what was found out is not told, so it need not be counted
        Task shared;
        IReadOnlyList<LoginLimitEntry> blocked;
        lock (_lock)
        {
            // Of many at once, only so many may hear that they were wrong
            permission = _table.Ask(subject);
            if (permission.Block is LoginBlock.UserAtAddress or LoginBlock.Address)
                return permission;
            blocked = _table.Failed(subject, account is not null ? AccountHost.Normalize(user) : null);

            // Each further address would otherwise be as many further guesses; for an account with one address its name is counted already
            if (account is { HasOtherAddresses: true })
            {
                blocked = [.. blocked, .. _table.FailedUser(
                    _keys.OfAccount(subject, account.Account), _keys.OfUser(account.PrimaryAddress), account.PrimaryAddress)];
            }

            shared = _nextBatch.Task;
        }

        foreach (var entry in blocked)
            Log.LoginBlocked(_logger, LoginBlockText.Kind(entry.Kind), entry.Network ?? "anywhere", entry.UserName ?? "", entry.Failures, Locked(table => table.Left(entry)));
        Wake();
        try
        {
            await shared.WaitAsync(_options.ShareTimeout, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The database is away or slow: this process counts on
        }

        return default;
    }

    /// <inheritdoc/>
    public async ValueTask<LoginPermission> SucceededAsync(IPAddress address, string user, AccountId? account, CancellationToken cancellationToken)
    {
        if (IsExempt(address))
            return default;
        var subject = _keys.Of(address, user);
        LoginSubject? whole = account is { } id ? _keys.OfAccount(subject, id) : null;
        var mustWrite = false;
        if (Locked(static table => table.Count) > 0)
        {
            var permission = await AskAsync(subject, cancellationToken);
            if (permission.IsBlocked)
                return permission;
            if (whole is { } all && await AskAsync(all, cancellationToken) is { Block: LoginBlock.User or LoginBlock.UserAtAddress } others)
                return others with { Block = LoginBlock.Account };
            lock (_lock)
            {
                _table.Succeeded(subject);
                if (whole is { } forgiven)
                    _table.Succeeded(forgiven, forgivesNetwork: false);
                mustWrite = _table.HasQueued;
            }
        }

        var isNew = _known.Saw(subject);
        if (whole is { } seen)
            isNew |= _known.Saw(seen);
        if (isNew || mustWrite)
            Wake();
        return default;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _feed.LoginLimitsChanged -= OnNews;
        _feed.Interrupted -= OnInterrupted;
        await _stopping.CancelAsync();
        Wake();
        await Task.WhenAll(_sharing, _sweeping);
        _stopping.Dispose();
        _wake.Dispose();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool IsExempt(IPAddress address)
    {
        if (!_options.Enabled)
            return true;
        if (_exempt.Length == 0)
            return false;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Array.Exists(_exempt, network => network.Contains(plain));
    }

    private async ValueTask<LoginPermission> AskAsync(LoginSubject subject, CancellationToken cancellationToken)
    {
        var permission = Locked(table => table.Ask(subject));
        if (permission.Block != LoginBlock.User)
            return permission;
        try
        {
            return await _known.IsKnownAsync(subject, cancellationToken) ? new LoginPermission(LoginBlock.None, Locked(table => table.Delay(subject))) : permission;
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.LoginLimitsFailed(_logger, e);
            return permission;
        }
    }

    private bool TryWait(Guid network)
    {
        lock (_lock)
        {
            var waiting = _waiting.GetValueOrDefault(network);
            if (waiting >= _options.MaxDelayed)
                return false;
            _waiting[network] = waiting + 1;
            return true;
        }
    }

    private void EndWait(Guid network)
    {
        lock (_lock)
        {
            if (--_waiting[network] == 0)
                _waiting.Remove(network);
        }
    }

    private T Locked<T>(Func<LoginLimitTable, T> read)
    {
        lock (_lock)
            return read(_table);
    }

    private void OnNews(string text)
    {
        if (text == LoginLimitNews.All)
        {
            OnInterrupted();
            return;
        }

        lock (_lock)
        {
            if (LoginLimitNews.TryGone(text, out var gone))
                _table.Drop(gone);
            else if (LoginLimitNews.TryRow(text, out var row))
                _table.Take(row);
        }
    }

    private void OnInterrupted()
    {
        lock (_lock)
            _mustReadAll = true;
        Wake();
    }

    private void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // somebody else woke it at the same moment
        }
    }

    private async Task ReadAllAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
            _mustReadAll = false;
        try
        {
            var rows = await _store.ReadAllAsync(cancellationToken);
            lock (_lock)
                _table.Replace(rows);
        }
        catch
        {
            lock (_lock)
                _mustReadAll = true;
            throw;
        }
    }

    private async Task ShareAsync()
    {
        var pause = _options.ShareInterval;
        while (true)
        {
            await _wake.WaitAsync();
            var isLast = _stopping.IsCancellationRequested;
            try
            {
                if (Locked(_ => _mustReadAll) && !isLast)
                    await ReadAllAsync(_stopping.Token);
                while (await ShareBatchAsync() && isLast)
                {
                }

                await _known.WriteAsync(CancellationToken.None);
                pause = _options.ShareInterval;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
            {
                Log.LoginLimitsFailed(_logger, e);
                pause = TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, pause.Ticks * 2));
                Wake();
            }

            if (isLast)
                return;
            await PauseAsync(pause);
            if (Locked(static table => table.HasQueued))
                Wake();
        }
    }

    // False when there was nothing to be told
    private async Task<bool> ShareBatchAsync()
    {
        List<LoginLimitChange> changes;
        TaskCompletionSource batch;
        lock (_lock)
        {
            changes = _table.TakeChanges(_options.ShareBatch);

            // Those who wait for what did not fit wait for the next one
            batch = _nextBatch;
            if (!_table.HasQueued)
                _nextBatch = New();
        }

        if (changes.Count == 0)
            return false;
        try
        {
            var (rows, gone) = await WriteAsync(changes);
            lock (_lock)
            {
                foreach (var row in rows)
                    _table.Take(row);
            }

            await _feed.TellLoginLimitsAsync([.. gone.Select(LoginLimitNews.Gone), .. rows.Select(LoginLimitNews.Of)], CancellationToken.None);
        }
        finally
        {
            if (batch != Volatile.Read(ref _nextBatch))
                batch.TrySetResult();
        }

        return true;
    }

    private async Task<(List<LoginLimitRow> Rows, List<Guid> Gone)> WriteAsync(List<LoginLimitChange> changes)
    {
        try
        {
            return await _store.WriteAsync(changes, CancellationToken.None);
        }
        catch
        {
            lock (_lock)
            {
                foreach (var change in changes)
                    _table.TakeBack(change);
            }

            throw;
        }
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, _time, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // stopping: what waits is told once more
        }
    }

    private async Task SweepAsync()
    {
        using var timer = new PeriodicTimer(_options.Sweep, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                lock (_lock)
                    _table.Sweep();
                try
                {
                    await _store.SweepAsync(_options.ShareBatch, _stopping.Token);
                }
                catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
                {
                    Log.LoginLimitsFailed(_logger, e);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // stopping
        }
    }
}
