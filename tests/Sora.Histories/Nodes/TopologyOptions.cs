namespace Sora.Histories.Nodes;

/// <summary>Which processes there are.</summary>
public sealed record TopologyOptions
{
    /// <summary>Nodes that do everything, on one database, without Orleans. 0 for a cluster.</summary>
    public int FullNodes { get; init; } = 2;

    /// <summary>Orleans silos of a cluster, which clients do not reach.</summary>
    public int Mailstores { get; init; }

    /// <summary>Gateways of a cluster: Orleans clients, where mail clients connect.</summary>
    public int Gateways { get; init; }

    /// <summary>HAProxy before those that clients reach.</summary>
    public bool Haproxy { get; init; }

    /// <summary>Bodies go to an S3 server, not to a folder.</summary>
    public bool S3 { get; init; }

    /// <summary>Each node has a network of its own that can be cut.</summary>
    public bool Networks { get; init; }

    /// <summary>PostgreSQL makes commits durable, as it must outside of tests.</summary>
    public bool Durable { get; init; }

    /// <summary>More settings of PostgreSQL, each "name = value".</summary>
    public IReadOnlyList<string> DatabaseSettings { get; init; } = [];

    /// <summary>What nodes run at first, and with what accounts are made.</summary>
    public SoraBuild Build { get; init; } = SoraBuild.This;

    /// <summary>More settings of every node, each "section.key=value".</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Accounts, with <see cref="Password"/>.</summary>
    public int Users { get; init; } = 3;

    public string Password { get; init; } = "secret";

    public string Name => FullNodes > 0
        ? $"{FullNodes} full nodes on one database{Extras}"
        : $"{Mailstores} mailstores and {Gateways} gateways{Extras}";

    private string Extras => (Haproxy ? ", HAProxy" : "") + (S3 ? ", S3" : "") + (Networks ? ", own networks" : "");
}
