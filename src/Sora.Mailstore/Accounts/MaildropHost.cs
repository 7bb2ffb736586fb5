using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Npgsql;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts;

/// <summary>
/// The maildrops that sessions of this process have. One connection holds an advisory lock that says that the process lives: PostgreSQL drops it when the
/// process dies. For a process that lives but cannot reach the database, each maildrop has a lease besides.
/// </summary>
public sealed class MaildropHost : IMaildrops, IAsyncDisposable
{
    private readonly Database _database;
    private readonly MaildropStore _store;
    private readonly MaildropOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly int _holder = RandomNumberGenerator.GetInt32(1, int.MaxValue);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private NpgsqlConnection? _alive;
    private bool _isEntered;
    private Task _renewing = Task.CompletedTask;

    public MaildropHost(Database database, MaildropOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        _database = database;
        _store = new MaildropStore(database.Write);
        _options = options;
        _time = time;
        _logger = loggers.CreateLogger<MaildropHost>();
    }

    /// <inheritdoc/>
    public async ValueTask<MailResult<IMaildropLock>> LockAsync(AccountId account, TimeSpan loginDelay, CancellationToken cancellationToken)
    {
        try
        {
            await EnterAsync(cancellationToken);
            var token = Guid.NewGuid();
            var started = _time.GetTimestamp();
            while (true)
            {
                switch (await _store.TakeAsync(account, token, _holder, _options.Lease, loginDelay, cancellationToken))
                {
                    case MaildropOutcome.Given:
                        return new Held(this, account, token);
                    case MaildropOutcome.TooSoon:
                        return new MailError(MailErrorCode.Limit, "The last login was too short a time ago");
                }

                // A client whose connection has just broken comes back at once, and must not meet itself
                if (_time.GetElapsedTime(started) + _options.LockRetry > _options.LockWait)
                    return new MailError(MailErrorCode.InUse, "Another session has the maildrop");
                await Task.Delay(_options.LockRetry, _time, cancellationToken);
            }
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.MaildropFailed(_logger, e);
            return MailError.Unavailable();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _renewing;
        if (_alive is { } connection)
            await connection.DisposeAsync();
        _stopping.Dispose();
        _turn.Dispose();
    }

    // Nothing is held, and no connection used, before the first session
    private async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _alive) is not null)
            return;
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_alive is not null)
                return;
            var connection = await _database.OpenDedicatedAsync(cancellationToken);
            try
            {
                // Taken it can only be by the connection before, which the server has not given up yet: that says that we live as well
                _isEntered = await MaildropStore.TryEnterAsync(connection, _holder, cancellationToken);
            }
            catch
            {
                await connection.DisposeAsync();
                throw;
            }

            Volatile.Write(ref _alive, connection);
            if (_renewing.IsCompleted)
                _renewing = Task.Run(RenewAsync, CancellationToken.None);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task RenewAsync()
    {
        using var timer = new PeriodicTimer(_options.Lease / 3, _time);
        while (true)
        {
            try
            {
                if (!await timer.WaitForNextTickAsync(_stopping.Token))
                    return;
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                limit.CancelAfter(_options.Lease / 3);
                await EnterAsync(limit.Token);
                if (!_isEntered)
                    _isEntered = await MaildropStore.TryEnterAsync(_alive!, _holder, limit.Token);
                await MaildropStore.RenewAsync(_alive!, _holder, _options.Lease, limit.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is OperationCanceledException || Mailbox.IsDatabaseFailure(e))
            {
                Log.MaildropFailed(_logger, e);
                if (Interlocked.Exchange(ref _alive, null) is { } broken)
                    await broken.DisposeAsync();
            }
        }
    }

    private sealed class Held(MaildropHost host, AccountId account, Guid token) : IMaildropLock
    {
        private int _isReleased;

        public ValueTask<MailResult<bool>> IsHeldAsync(CancellationToken cancellationToken) =>
            host.TryAsync(() => host._store.ConfirmAsync(account, token, host._holder, host._options.Lease, cancellationToken));

        public ValueTask<MailResult<IReadOnlyDictionary<ContentId, long>>> LineEndsAsync(CancellationToken cancellationToken) =>
            host.TryAsync<IReadOnlyDictionary<ContentId, long>>(async () => await host._store.ReadLineEndsAsync(account, cancellationToken));

        public async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _isReleased, 1) != 0)
                return;
            await host.TryAsync(async () =>
            {
                await host._store.ReleaseAsync(account, token, CancellationToken.None);
                return true;
            });
        }
    }

    private async ValueTask<MailResult<T>> TryAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.MaildropFailed(_logger, e);
            return MailError.Unavailable();
        }
    }
}
