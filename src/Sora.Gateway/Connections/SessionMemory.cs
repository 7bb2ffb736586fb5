namespace Sora.Gateway.Connections;

/// <summary>
/// What a session holds in memory besides what is limited on its own (buffers of the connection, single messages, bodies opened ahead): results of searches, the columns
/// and texts of SORT and THREAD, messages of a MULTIAPPEND, results that are kept up to date. Each is counted when its size is known, and given back when it is let go.
/// </summary>
internal sealed class SessionMemory(long limit)
{
    private long _used;

    /// <summary>Octets that are held now.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>Counts what is about to be held; false, and nothing is counted, when there is no room. Searches of several mailboxes call it at the same time.</summary>
    public bool TryTake(long octets)
    {
        if (Interlocked.Add(ref _used, octets) <= limit || limit == 0)
            return true;
        Give(octets);
        return false;
    }

    /// <summary>Takes back what <see cref="TryTake"/> counted.</summary>
    public void Give(long octets) => Interlocked.Add(ref _used, -octets);

    /// <summary>What one command holds until it is over.</summary>
    public MemoryCharge Begin() => new(this);
}
