using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Audit;

/// <summary>Writes logins into the audit log, many at once, behind the back of those who log in; and clears away what is too old.</summary>
public sealed class LoginJournal : ILoginJournal, IAsyncDisposable
{
    // As many as two minutes of a database that is away bring, whatever comes
    private const int MinutesHeld = 2;

    private readonly Lock _lock = new();
    private readonly AuditStore _store;
    private readonly AuditOptions _options;
    private readonly string _node;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly EventSums _sums;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _writing;
    private readonly Task _sweeping;
    private readonly Action<int> _lost;
    private List<AuditEntry> _held = [];

    /// <param name="node">The node's name.</param>
    public LoginJournal(Database database, AuditOptions options, string node, MailstoreMetrics metrics, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        _store = new AuditStore(database);
        _options = options;
        _node = node;
        _time = time;
        _logger = loggers.CreateLogger<LoginJournal>();
        _sums = new EventSums(options, time);
        _lost = metrics.AuditLost;
        _writing = Task.Run(WriteAsync);
        _sweeping = Task.Run(SweepAsync);
    }

    /// <inheritdoc/>
    public void Record(LoginEvent happened)
    {
        lock (_lock)
            _sums.Add(happened);
        try
        {
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // somebody else woke it at the same moment
        }
    }

    /// <summary>Writes what waits, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_writing, _sweeping);
        _stopping.Dispose();
        _wake.Dispose();
    }

    private async Task WriteAsync()
    {
        var summedAt = _time.GetTimestamp();
        while (true)
        {
            var isLast = false;
            try
            {
                bool hasSums;
                lock (_lock)
                    hasSums = _sums.Count > 0 || _held.Count > 0;
                if (hasSums)
                    await _wake.WaitAsync(_options.SumInterval, _stopping.Token);
                else
                    await _wake.WaitAsync(_stopping.Token);
                await Task.Delay(_options.FlushInterval, _time, _stopping.Token);
            }
            catch (OperationCanceledException)
            {
                isLast = true;
            }

            var withSums = isLast || _time.GetElapsedTime(summedAt) >= _options.SumInterval;
            if (withSums)
                summedAt = _time.GetTimestamp();
            await WriteOnceAsync(withSums);
            if (isLast)
                return;
        }
    }

    private async Task WriteOnceAsync(bool withSums)
    {
        lock (_lock)
        {
            if (_held.Count == 0)
                _held = _sums.Take(_node, withSums);
            else
                _held.AddRange(_sums.Take(_node, withSums));
        }

        if (_held.Count == 0)
            return;
        try
        {
            await _store.InsertAsync(_held, CancellationToken.None);
            _held = [];
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AuditFailed(_logger, e);
            var tooMany = _held.Count - MinutesHeld * 2 * _options.EntriesPerMinute;
            if (tooMany <= 0)
                return;
            _held.RemoveRange(0, tooMany);
            _lost(tooMany);
        }
    }

    private async Task SweepAsync()
    {
        using var timer = new PeriodicTimer(_options.Sweep, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                try
                {
                    await _store.SweepAsync(_options.Retention, _options.MaxEntries, _stopping.Token);
                }
                catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
                {
                    Log.AuditFailed(_logger, e);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // stopping
        }
    }
}
