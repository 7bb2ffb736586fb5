namespace Sora.Silo.Composition;

/// <summary>The program itself listens to signals and stops its parts in order, so no host may do so on its own.</summary>
internal sealed class NoSignals : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
