using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Sora.Gateway.Connections;

/// <summary>
/// Drains the gateway when the host begins to stop, before any server is stopped. The host's ShutdownTimeout must be longer than
/// drain_timeout.
/// </summary>
public sealed class DrainOnStop(GatewayListeners listeners, ConnectionOptions options, ILogger<DrainOnStop> logger)
    : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        Log.DrainBegins(logger, listeners.OpenConnections, options.DrainTimeout);
        var cutOff = await listeners.Drain.BeginAsync(options.DrainTimeout, cancellationToken);
        Log.DrainEnded(logger, cutOff);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
