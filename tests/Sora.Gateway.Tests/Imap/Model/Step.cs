namespace Sora.Gateway.Tests.Imap.Model;

internal enum StepKind
{
    Noop,
    Idle,
    Select,
    Examine,
    Unselect,
    Close,
    Append,
    Store,
    StoreSilent,
    UidStore,
    StoreUnchangedSince,
    UidStoreUnchangedSince,
    FetchFlags,
    UidFetch,
    FetchChangedSince,
    FetchVanished,
    Search,
    UidSearch,
    Expunge,
    UidExpunge,
    Copy,
    UidCopy,
    Move,
    UidMove,
    Status,
    Reconnect,
}

/// <summary>
/// One step of a run. Its numbers are read against what is there when it is taken (the n-th of however many messages), so that a step still
/// means something when others are left out.
/// </summary>
internal readonly record struct Step(int Client, StepKind Kind, int A, int B, int C, int D)
{
    // What changes a mailbox comes often, so that the others have something to find out
    private static readonly StepKind[] Weighted =
    [
        .. Enum.GetValues<StepKind>(), StepKind.Append, StepKind.Append, StepKind.Append, StepKind.Store, StepKind.StoreSilent, StepKind.UidStore, StepKind.Expunge, StepKind.Copy,
        StepKind.Select,
    ];

    public static Step[] Random(Random random, int count, int clients)
    {
        var steps = new Step[count];
        for (var i = 0; i < count; i++)
        {
            steps[i] = new Step(
                random.Next(clients), Weighted[random.Next(Weighted.Length)], random.Next(1 << 20), random.Next(1 << 20), random.Next(1 << 20), random.Next(1 << 20));
        }

        return steps;
    }
}
