using System.Collections.Concurrent;
using System.Diagnostics;

namespace Sora.Bench.Wire;

/// <summary>
/// Closes connections whose wait is overdue. One sweep per half second for all of them: a cancellation source per read
/// would cost the generator more than the read itself, and the generator shares its cores with the server.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<MailConnection, byte> _connections = new();
    private readonly Timer _timer;

    private Watchdog() => _timer = new Timer(static state => ((Watchdog)state!).Sweep(), this, Period, Period);

    public static Watchdog Shared { get; } = new();

    public void Watch(MailConnection connection) => _connections.TryAdd(connection, 0);

    public void Forget(MailConnection connection) => _connections.TryRemove(connection, out _);

    /// <summary>Closes every connection, so that every pending wait ends; used when the run is cancelled.</summary>
    public void CloseAll()
    {
        foreach (var (connection, _) in _connections)
        {
            connection.Abort();
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Sweep()
    {
        var now = Stopwatch.GetTimestamp();
        foreach (var (connection, _) in _connections)
        {
            if (connection.Deadline < now)
            {
                connection.Abort();
            }
        }
    }
}
