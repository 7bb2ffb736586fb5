using Npgsql;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Relay;

/// <summary>
/// How much room the queue has. The whole queue is not counted for each message: what this process adds is counted as it comes, what others add and what is sent
/// a little later. So the limit may be passed by what other processes queue in that time.
/// </summary>
internal sealed class RelayRoom(int limit, TimeProvider time)
{
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(1);

    private long _waiting;
    private long _counted;

    public async ValueTask<bool> TryTakeAsync(NpgsqlConnection connection, int recipients, CancellationToken cancellationToken)
    {
        var counted = Volatile.Read(ref _counted);
        if (counted == 0 || time.GetElapsedTime(counted) > CountInterval)
        {
            Volatile.Write(ref _counted, time.GetTimestamp());
            Volatile.Write(ref _waiting, await RelayStore.CountRecipientsAsync(connection, limit, cancellationToken));
        }

        if (Interlocked.Add(ref _waiting, recipients) <= limit)
            return true;
        Interlocked.Add(ref _waiting, -recipients);
        return false;
    }
}
