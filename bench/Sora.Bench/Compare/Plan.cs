namespace Sora.Bench.Compare;

/// <summary>How much of everything a comparison does.</summary>
internal sealed record Plan
{
    /// <summary>Under 20 minutes for three servers.</summary>
    public static Plan Full { get; } = new();

    /// <summary>Under 3 minutes for three servers; says which way things go, not how far.</summary>
    public static Plan Quick { get; } = new()
    {
        Name = "quick",
        Messages = 5_000,
        DeliverSizes = [2 << 10],
        Deliver = TimeSpan.FromSeconds(4),
        Append = TimeSpan.FromSeconds(1.5),
        Idle = TimeSpan.FromSeconds(3),
        Mix = TimeSpan.FromSeconds(3),
        WarmUp = TimeSpan.FromSeconds(1.5),
        ColdMailboxes = 2,
        ColdRounds = 1,
        Transfer = 2_000,
        PerSearchKey = TimeSpan.FromSeconds(0.3),
        Bodies = 2_000,
        Retrieve = 500,
        BothKindsOfConnection = false,
        IndexingRounds = 0,
        ScriptRounds = 0,
    };

    public string Name { get; init; } = "full";

    public int Users { get; init; } = 200;

    public int Seed { get; init; } = 1;

    /// <summary>Messages in the large mailbox.</summary>
    public int Messages { get; init; } = 100_000;

    public IReadOnlyList<int> DeliverSizes { get; init; } = [2 << 10, 10 << 10, 100 << 10, 1 << 20];

    public int DeliverSessions { get; init; } = 50;

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(4);

    public TimeSpan Deliver { get; init; } = TimeSpan.FromSeconds(12);

    public TimeSpan Append { get; init; } = TimeSpan.FromSeconds(6);

    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(15);

    public TimeSpan Mix { get; init; } = TimeSpan.FromSeconds(20);

    public int Connections { get; init; } = 1000;

    /// <summary>Nothing but connections, over TLS.</summary>
    public bool OnlyConnections { get; init; }

    /// <summary>Connections that open and close, when there is nothing else.</summary>
    public int Churn { get; init; } = 20_000;

    public TimeSpan ChurnTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Plain and TLS, or plain alone.</summary>
    public bool BothKindsOfConnection { get; init; } = true;

    /// <summary>Mailboxes that are opened cold after a restart, all as large as the large one.</summary>
    public int ColdMailboxes { get; init; } = 4;

    public int ColdRounds { get; init; } = 2;

    public int Transfer { get; init; } = 10_000;

    public TimeSpan PerSearchKey { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>Messages retrieved over POP3.</summary>
    public int Retrieve { get; init; } = 5_000;

    public int Bodies { get; init; } = 20_000;

    /// <summary>Deliveries with and without indexing behind them, alternately; 0 for none.</summary>
    public int IndexingRounds { get; init; } = 3;

    /// <summary>Deliveries through a script and without one, alternately; 0 for none.</summary>
    public int ScriptRounds { get; init; } = 3;

    public TimeSpan IndexingRound { get; init; } = TimeSpan.FromSeconds(8);
}
