using Sora.Contracts;

namespace Sora.Gateway.Imap;

/// <summary>What a synchronisation need not tell the client, because the command that runs has caused or told it.</summary>
internal readonly record struct SyncScope
{
    /// <summary>The client waits in IDLE: what it hears first is sent first.</summary>
    public bool IsIdle { get; init; }

    /// <summary>The command itself changes which messages there are: NOTIFY does not hold that back.</summary>
    public bool IsOwn { get; init; }

    /// <summary>Everything is told, whatever NOTIFY has asked for until now.</summary>
    public bool IsAll { get; init; }

    /// <summary>UIDs that this connection has added: NOTIFY need not fetch them.</summary>
    public UidSet Added { get; init; }

    /// <summary>UIDs whose flags the command has told as of <see cref="ToldAsOf"/>, when their mod-sequences are above <see cref="ToldAbove"/>.</summary>
    public UidSet Told { get; init; }

    public ModSeq ToldAsOf { get; init; }

    public ModSeq? ToldAbove { get; init; }

    /// <summary>UIDs that a silent STORE has changed as <see cref="Mode"/> and <see cref="Mask"/> say.</summary>
    public UidSet Stored { get; init; }

    public StoreMode Mode { get; init; }

    public ulong Mask { get; init; }

    /// <summary>Flags that the STORE could not change.</summary>
    public ulong Kept { get; init; }

    public bool WasTold(uint uid, long modSeq) => modSeq <= ToldAsOf.Value && !(modSeq <= ToldAbove?.Value) && Told.Contains(uid);

    /// <summary>True when the flags are just what the silent STORE makes of those the client knew.</summary>
    public bool IsExpected(uint uid, ulong flags, ulong before) => Stored.Contains(uid) && flags == After(before);

    /// <summary>What the STORE makes of a message's flags.</summary>
    public ulong After(ulong before) => Mode switch
    {
        StoreMode.Add => before | Mask,
        StoreMode.Remove => before & ~Mask,
        _ => (before & Kept) | Mask,
    };
}
