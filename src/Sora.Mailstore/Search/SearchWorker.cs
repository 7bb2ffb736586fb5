using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Search;

/// <summary>
/// Indexes messages behind their arrival. Any number of processes may: what one has taken is locked by a transaction, and free again when the process dies.
/// It leaves most of the machine to others while they are busy, and half of it otherwise, until messages have waited for too long.
/// </summary>
internal sealed class SearchWorker : IAsyncDisposable
{
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(5);

    /// <summary>Counting what waits reads all of it: no more than one part in so many of the time goes into it.</summary>
    private const int CountShare = 200;

    private static readonly TimeSpan BusyTick = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestYield = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstOutage = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestOutage = TimeSpan.FromSeconds(30);
    private const int TrimRows = 1000;

    private readonly SearchStore _store;
    private readonly Indexer _indexer;
    private readonly SegmentCache _cache;
    private readonly SearchOptions _options;
    private readonly SearchMetrics _metrics;
    private readonly MailstoreMetrics _load;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task[] _running = [];
    private (long Timestamp, long Records) _lastLoad;
    private int _isDisposed;

    public SearchWorker(
        SearchStore store, Indexer indexer, SegmentCache cache, SearchOptions options, SearchMetrics metrics, MailstoreMetrics load, TimeProvider time, ILogger logger)
    {
        _store = store;
        _indexer = indexer;
        _cache = cache;
        _options = options;
        _metrics = metrics;
        _load = load;
        _time = time;
        _logger = logger;
        _lastLoad = (time.GetTimestamp(), load.CommittedRecords);
    }

    /// <summary>Starts; does nothing when it runs.</summary>
    public void Start()
    {
        if (_running.Length > 0)
            return;
        _running = _options.Enabled ? [Task.Run(IndexAsync), Task.Run(WatchAsync)] : [Task.Run(WatchAsync)];
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _stopping.CancelAsync();
        await Task.WhenAll(_running);
        _stopping.Dispose();
    }

    private async Task IndexAsync()
    {
        var outage = FirstOutage;
        while (!_stopping.IsCancellationRequested)
        {
            TimeSpan pause;
            try
            {
                var start = _time.GetTimestamp();
                var batch = await _indexer.IndexAsync(_stopping.Token);
                Report(batch);
                outage = FirstOutage;
                if (batch.HasMore)
                {
                    await YieldAsync(_time.GetElapsedTime(start));
                    continue;
                }

                pause = _options.Interval;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                pause = outage;
                outage = outage * 2 < LongestOutage ? outage * 2 : LongestOutage;
                Log.IndexingFailed(_logger, pause, e);
            }

            await SleepAsync(pause);
        }
    }

    private void Report(IndexedBatch batch)
    {
        _metrics.Indexed(batch.Indexed);
        foreach (var content in batch.PutOff ?? [])
        {
            if (content.Pause is { } pause)
                Log.IndexPutOff(_logger, content.Content.Value, pause, content.Error);
            else
                Log.IndexLeftOut(_logger, content.Content.Value, content.Error);
        }
    }

    // The pause makes the time of the batch that share of the whole. It ends with the rush that it is for
    private async Task YieldAsync(TimeSpan elapsed)
    {
        if (_metrics.Backlog.OldestAge > _options.MaxLag)
            return;
        if (!IsBusy())
        {
            await SleepAsync(elapsed < LongestYield ? elapsed : LongestYield);
            return;
        }

        var start = _time.GetTimestamp();
        var pause = elapsed * ((100.0 / _options.BusyShare) - 1);
        do
            await SleepAsync(BusyTick);
        while (!_stopping.IsCancellationRequested && _time.GetElapsedTime(start) is var waited && waited < pause && waited < LongestYield && IsBusy());
    }

    private bool IsBusy()
    {
        var now = (Timestamp: _time.GetTimestamp(), Records: _load.CommittedRecords);
        var seconds = _time.GetElapsedTime(_lastLoad.Timestamp, now.Timestamp).TotalSeconds;
        var rate = (now.Records - _lastLoad.Records) / Math.Max(seconds, 0.001);
        _lastLoad = now;
        return rate >= _options.BusyRate;
    }

    private async Task WatchAsync()
    {
        var nextCount = 0L;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var start = _time.GetTimestamp();
                if (start >= nextCount)
                {
                    _metrics.Backlog = await _store.CountAsync(_stopping.Token);
                    if (_metrics.Backlog.HasStale)
                        _indexer.LookForStale();
                    nextCount = start + ((_time.GetTimestamp() - start) * CountShare);
                }

                if (_options.TextRetention > TimeSpan.Zero)
                    await _store.TrimTextsAsync(_options.TextRetention, TrimRows, _stopping.Token);
                _cache.Trim();
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.IndexingFailed(_logger, CountInterval, e);
            }

            await SleepAsync(CountInterval);
        }
    }

    private async Task SleepAsync(TimeSpan pause)
    {
        if (pause > TimeSpan.Zero)
            await Task.Delay(pause, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
