namespace Sora.Bench.Cluster;

/// <summary>How it is measured what systems carry.</summary>
internal sealed record ThroughputOptions
{
    /// <summary>How long each kind of load is measured; 0 for no such measurement.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>How long each is there before that: code is compiled anew in each process, for which several share the cores that one alone would have to itself.</summary>
    public TimeSpan WarmUp { get; init; }

    /// <summary>How often each is measured.</summary>
    public int Repetitions { get; init; } = 1;

    /// <summary>One full node is measured too, in turns.</summary>
    public bool BesideOne { get; init; }

    /// <summary>Clients at once, over all nodes that they reach.</summary>
    public int Sessions { get; init; } = 50;

    /// <summary>Of <see cref="Throughput.Loads"/>.</summary>
    public required IReadOnlySet<string> Loads { get; init; }

    /// <summary>Whether to show what PostgreSQL spends its time on.</summary>
    public bool ShowsStatements { get; init; }
}
