using Microsoft.Extensions.Logging;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Maintenance;

/// <summary>Runs the maintenance of the database at its interval until it is disposed.</summary>
public sealed class MaintenanceWorker : IAsyncDisposable
{
    private readonly MaintenanceStore _store;
    private readonly SieveStore _sieve;
    private readonly RelayStore _relay;
    private readonly MaintenanceOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    public MaintenanceWorker(Database database, MaintenanceOptions options, TimeProvider time, ILogger<MaintenanceWorker> logger)
    {
        _store = new MaintenanceStore(database);
        _sieve = new SieveStore(database.Write);
        _relay = new RelayStore(database);
        _options = options;
        _time = time;
        _logger = logger;
        _running = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(_options.Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                try
                {
                    if (await _store.TrimLogAsync(_options.LogRetention, _options.BatchRows, _stopping.Token) is > 0 and var records)
                        Log.LogTrimmed(_logger, records);
                    if (await _sieve.TrimHistoryAsync(_options.BatchRows, _stopping.Token) is > 0 and var rows)
                        Log.SieveHistoryTrimmed(_logger, rows);
                    if (await _relay.TrimOperationsAsync(_options.RelayMemory, _options.BatchRows, _stopping.Token) is > 0 and var operations)
                        Log.RelayOperationsTrimmed(_logger, operations);
                }
                catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
                {
                    Log.MaintenanceFailed(_logger, e);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // stopping
        }
    }
}
