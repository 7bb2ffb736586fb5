namespace Sora.Gateway.Connections;

/// <summary>What one piece of work counts for in its session's memory; given back at its end, whatever that is.</summary>
internal sealed class MemoryCharge(SessionMemory memory) : IDisposable
{
    private long _taken;

    /// <summary>Counts more; false when there is no room.</summary>
    public bool TryTake(long octets)
    {
        if (!memory.TryTake(octets))
            return false;
        Interlocked.Add(ref _taken, octets);
        return true;
    }

    /// <inheritdoc cref="TryTake"/>
    /// <exception cref="SessionMemoryException">There is no room.</exception>
    public void Take(long octets)
    {
        if (!TryTake(octets))
            throw new SessionMemoryException();
    }

    public void Dispose() => memory.Give(Interlocked.Exchange(ref _taken, 0));
}
