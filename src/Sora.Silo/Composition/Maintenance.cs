using Sora.Silo.Http;

namespace Sora.Silo.Composition;

/// <summary>
/// Takes a node out of service and puts it back, while the process goes on: no new connections, sessions end politely, and its mailboxes move to the other mailstores. The end of the process
/// does the same, for good.
/// </summary>
/// <param name="hurry">Cuts off the sessions that are waited for.</param>
internal sealed class Maintenance(
    Readiness readiness, GatewayParts? gateway, ClusterParts? cluster, TimeSpan timeout, ILogger logger, CancellationToken hurry) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private bool _isIn;

    /// <summary>Returns when nobody is left; the result says how many sessions had to be cut off.</summary>
    public async Task<int> EnterAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_isIn)
                return 0;
            _isIn = true;
            readiness.Maintenance();
            Log.MaintenanceBegins(logger);
            var cutOff = gateway is null ? 0 : await gateway.Listeners.Drain.BeginAsync(timeout, hurry);
            if (cluster is not null)
                await cluster.LeaveAsync();
            Log.MaintenanceBegun(logger, cutOff);
            return cutOff;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Returns when the node serves again.</summary>
    public async Task ExitAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (!_isIn)
                return;
            if (cluster is not null)
                await cluster.RejoinAsync(cancellationToken);
            gateway?.Listeners.Drain.End();
            readiness.Ready();
            _isIn = false;
            Log.MaintenanceEnded(logger);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
