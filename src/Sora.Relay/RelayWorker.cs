using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Relay.Http;
using Sora.Relay.Reports;
using Sora.Relay.Smtp;

namespace Sora.Relay;

/// <summary>
/// Sends what is due in the queue, on any number of nodes at the same time. It stops in order: what is being sent may end, and what does not end in time is given
/// back to the queue.
/// </summary>
public sealed class RelayWorker : IAsyncDisposable
{
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan FirstFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestFailure = TimeSpan.FromSeconds(30);

    // Where nothing leaves the queue is empty, but for what was in it when relay.hosts was taken out of the configuration
    private static readonly TimeSpan IdleInterval = TimeSpan.FromMinutes(1);

    private readonly IRelayQueue _queue;
    private readonly RelayOptions _options;
    private readonly RelayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IRelayTransport _transport;
    private readonly RelaySender _sender;
    private readonly SemaphoreSlim _slots;
    private readonly TimeSpan _pollInterval;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _cutOff = new();
    private Task[] _running = [];
    private int _isDisposed;

    /// <param name="queue">The queue.</param>
    /// <param name="options">Whom to send to, and how.</param>
    /// <param name="hostName">What this node calls itself when relay.host_name is not set.</param>
    /// <param name="local">Delivers reports to those who have an account here.</param>
    /// <param name="metrics">Instruments.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Makes the log.</param>
    public RelayWorker(
        IRelayQueue queue, RelayOptions options, string hostName, RelayLocalDelivery local, RelayMetrics metrics, TimeProvider time, ILoggerFactory loggers)
    {
        _queue = queue;
        _options = options;
        _metrics = metrics;
        _time = time;
        _logger = loggers.CreateLogger<RelayWorker>();
        _slots = new SemaphoreSlim(options.Parallelism);
        _pollInterval = options.IsConfigured || options.PollInterval > IdleInterval ? options.PollInterval : IdleInterval;
        hostName = options.HostName ?? hostName;
        _transport = options.Http.Url is null
            ? new SmtpTransport(queue, options, hostName, metrics, time, _logger)
            : new HttpTransport(queue, options, metrics, time, _logger);
        var reports = new LocalReports(queue, local.Accounts, local.Intakes, local.Delivery, local.RecipientDelimiter, hostName, time, _logger);
        _sender = new RelaySender(
            queue, _transport, reports, new ReportWriter(queue, options.Reports, hostName, time), SenderRewriting.Of(options.Srs, time), options, metrics, time, _logger);
    }

    /// <summary>Starts; does nothing when it runs. When there is nobody to send to it only ends what has had its time, and delivers reports to accounts here.</summary>
    public void Start()
    {
        if (_running.Length == 0)
            _running = [Task.Run(TakeAsync), Task.Run(CountAsync)];
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _stopping.CancelAsync();
        await Task.WhenAll(_running);
        if (_running.Length > 0)
            await DrainAsync();
        await _transport.DisposeAsync();
        _stopping.Dispose();
        _cutOff.Dispose();
        _slots.Dispose();
    }

    // All slots free: nothing is being sent
    private async Task DrainAsync()
    {
        var taken = 0;
        using var limit = new CancellationTokenSource(_options.StopTimeout, _time);
        try
        {
            for (; taken < _options.Parallelism; taken++)
                await _slots.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Log.CutOff(_logger, _options.Parallelism - taken);
            await _cutOff.CancelAsync();
            for (; taken < _options.Parallelism; taken++)
                await _slots.WaitAsync();
        }
    }

    private async Task TakeAsync()
    {
        var failure = FirstFailure;
        while (!_stopping.IsCancellationRequested)
        {
            var hasSlot = false;
            try
            {
                await _slots.WaitAsync(_stopping.Token);
                hasSlot = true;

                // While nobody can be reached, only what has had its time is looked at
                var outage = _transport.Outage;
                var work = await _queue.TakeAsync(_options.Lease, _options.RecipientsPerTransaction, outage > TimeSpan.Zero, _stopping.Token);
                failure = FirstFailure;
                if (work is not null)
                {
                    hasSlot = false;
                    _ = Task.Run(() => SendAsync(work));
                    continue;
                }

                _slots.Release();
                hasSlot = false;
                await _queue.WaitAsync(outage > TimeSpan.Zero && outage < _pollInterval ? outage : _pollInterval, _stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                // The loop ends
            }
            catch (Exception e)
            {
                Log.QueueFailed(_logger, failure, e);
                await SleepAsync(failure);
                failure = failure * 2 < LongestFailure ? failure * 2 : LongestFailure;
            }
            finally
            {
                if (hasSlot)
                    _slots.Release();
            }
        }
    }

    private async Task SendAsync(RelayWork work)
    {
        try
        {
            await _sender.SendAsync(work, _cutOff.Token);
        }
        catch (Exception e)
        {
            // The lease ends by itself, and then it is tried again
            Log.SendFailed(_logger, work.Message, e);
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task CountAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                _metrics.Backlog = await _queue.CountAsync(_stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.QueueFailed(_logger, CountInterval, e);
            }

            await SleepAsync(CountInterval);
        }
    }

    private async Task SleepAsync(TimeSpan pause) =>
        await Task.Delay(pause, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}

/// <summary>How a report gets to somebody who has an account here.</summary>
/// <param name="Accounts">Finds accounts.</param>
/// <param name="Intakes">Takes the message.</param>
/// <param name="Delivery">Delivers it.</param>
/// <param name="RecipientDelimiter">Characters that begin the detail of an address, as in lmtp.recipient_delimiter.</param>
public sealed record RelayLocalDelivery(IAccounts Accounts, IIntakes Intakes, IDelivery Delivery, string RecipientDelimiter);
