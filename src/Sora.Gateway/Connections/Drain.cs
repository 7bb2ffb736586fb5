namespace Sora.Gateway.Connections;

/// <summary>
/// Ends all sessions politely: new connections get their protocol's refusal line, sessions hear of it through <see
/// cref="ClientConnection.Draining"/>. Begin it before the host stops its servers (<c>IHostedLifecycleService.StoppingAsync</c>).
/// </summary>
public sealed class Drain : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    private readonly ConnectionRegistry _connections;
    private readonly int _perSecond;
    private readonly TimeProvider _time;
    private CancellationTokenSource _started = new();
    private volatile bool _isBegun;

    /// <param name="connections">Whose sessions end.</param>
    /// <param name="perSecond">So many are told each second, for they all come back, to other nodes; 0 tells all at once.</param>
    /// <param name="time">The clock.</param>
    internal Drain(ConnectionRegistry connections, int perSecond, TimeProvider time)
    {
        _connections = connections;
        _perSecond = perSecond;
        _time = time;
    }

    /// <summary>Fires when every session is to end.</summary>
    public CancellationToken Started => Volatile.Read(ref _started).Token;

    /// <summary>New connections are refused.</summary>
    public bool IsDraining => _isBegun || Started.IsCancellationRequested;

    /// <summary>
    /// Begins draining and waits until all sessions have ended; those that have not by the deadline are cut off. Returns how many were
    /// cut off.
    /// </summary>
    public async Task<int> BeginAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        var begun = _time.GetTimestamp();
        _isBegun = true;
        await TellAsync(deadline, cancellationToken);
        await Volatile.Read(ref _started).CancelAsync();
        foreach (var connection in _connections.Snapshot())
            connection.Wake();
        try
        {
            var rest = deadline - _time.GetElapsedTime(begun);
            await _connections.Empty().WaitAsync(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, cancellationToken);
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
        _isBegun = false;
    }

    public void Dispose() => _started.Dispose();

    // At such a pace that the last ones are told in time
    private async Task TellAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        if (_perSecond == 0 || deadline == TimeSpan.Zero)
            return;
        var connections = _connections.Snapshot();
        var pace = Math.Max(_perSecond, connections.Count / Math.Max(0.1, deadline.TotalSeconds / 2));
        var most = (int)Math.Ceiling(pace * Tick.TotalSeconds);
        for (var i = 0; connections.Count > most && i < connections.Count && !cancellationToken.IsCancellationRequested; i++)
        {
            if (i > 0 && i % most == 0)
                await Task.Delay(Tick, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            connections[i].Dismiss(Dismissal.Draining);
        }
    }
}
