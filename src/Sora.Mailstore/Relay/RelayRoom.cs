using Npgsql;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Relay;

/// <summary>
/// How much room the queue has. The whole queue is not counted for each message: what this process adds is counted as it comes, what others add and what is sent
/// a little later. So the limit may be passed by what other processes queue in that time. A long queue takes longer to count, and is counted less often.
/// </summary>
internal sealed class RelayRoom(int limit, TimeProvider time)
{
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(1);

    // A hundredth of the time at most goes into counting
    private const int Patience = 100;

    private long _waiting;
    private long _counted;
    private long _interval;

    public async ValueTask<bool> TryTakeAsync(NpgsqlConnection connection, int recipients, CancellationToken cancellationToken)
    {
        var counted = Volatile.Read(ref _counted);
        if (counted == 0 || time.GetElapsedTime(counted).Ticks > Volatile.Read(ref _interval))
        {
            var started = time.GetTimestamp();
            Volatile.Write(ref _counted, started);
            Volatile.Write(ref _waiting, await RelayStore.CountRecipientsAsync(connection, limit, cancellationToken));
            Volatile.Write(ref _interval, Math.Max(CountInterval.Ticks, time.GetElapsedTime(started).Ticks * Patience));
        }

        if (Interlocked.Add(ref _waiting, recipients) <= limit)
            return true;
        Interlocked.Add(ref _waiting, -recipients);
        return false;
    }
}
