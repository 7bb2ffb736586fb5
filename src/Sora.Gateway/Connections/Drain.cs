namespace Sora.Gateway.Connections;

/// <summary>
/// Ends all sessions politely: new connections get their protocol's refusal line, sessions hear of it through <see
/// cref="ClientConnection.Draining"/>. Begin it before the host stops its servers (<c>IHostedLifecycleService.StoppingAsync</c>).
/// </summary>
public sealed class Drain : IDisposable
{
    private readonly ConnectionRegistry _connections;
    private CancellationTokenSource _started = new();

    internal Drain(ConnectionRegistry connections) => _connections = connections;

    /// <summary>Fires when draining begins.</summary>
    public CancellationToken Started => Volatile.Read(ref _started).Token;

    public bool IsDraining => Started.IsCancellationRequested;

    /// <summary>
    /// Begins draining and waits until all sessions have ended; those that have not by the deadline are cut off. Returns how many were
    /// cut off.
    /// </summary>
    public async Task<int> BeginAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        await Volatile.Read(ref _started).CancelAsync();
        foreach (var connection in _connections.Snapshot())
            connection.Wake();
        try
        {
            await _connections.Empty().WaitAsync(deadline, cancellationToken);
            return 0;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            var left = _connections.Snapshot();
            foreach (var connection in left)
                connection.Abort();
            return left.Count;
        }
    }

    /// <summary>Takes new connections again (the end of maintenance).</summary>
    public void End()
    {
        var old = Interlocked.Exchange(ref _started, new CancellationTokenSource());
        old.Dispose();
    }

    public void Dispose() => _started.Dispose();
}
