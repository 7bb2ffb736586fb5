namespace Sora.Gateway.Connections;

/// <summary>
/// What a session may hold in memory for one command besides what is limited on its own (buffers of the connection, single messages, bodies opened ahead): results,
/// the columns of SORT and THREAD, messages of a MULTIAPPEND, results that are kept up to date. Sizes are counted as they are known before, from numbers of messages.
/// A session runs one command at a time, so nothing has to be given back but what stays.
/// </summary>
internal sealed class SessionMemory(long limit)
{
    private long _kept;

    /// <summary>The command at hand may take this much besides what stays.</summary>
    public bool Allows(long octets) => limit == 0 || octets <= limit - _kept;

    /// <summary>As much as the command at hand may take, up to a limit of its own.</summary>
    public long Most(long own) => limit == 0 ? own : Math.Max(0, Math.Min(own, limit - _kept));

    /// <summary>Notes what stays when the command is over; false when there is no room.</summary>
    public bool TryKeep(long octets)
    {
        if (!Allows(octets))
            return false;
        _kept += octets;
        return true;
    }

    /// <summary>What stayed is gone.</summary>
    public void Release(long octets) => _kept -= octets;
}
