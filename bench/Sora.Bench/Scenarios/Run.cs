using Sora.Bench.Load;

namespace Sora.Bench.Scenarios;

/// <summary>What every scenario is told: how long to load, what to count, and from which seed to draw.</summary>
internal sealed record Run
{
    public int Seed { get; init; } = 1;

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long is counted, after the warm-up.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many operations at most; 0 for as many as fit.</summary>
    public int Count { get; init; }

    /// <summary>Part of every Message-ID. Two runs with one id and one seed send the same messages.</summary>
    public string Id { get; init; } = Guid.NewGuid().ToString("N")[..10];

    private static readonly Dictionary<int, Corpus> Corpora = [];

    public Corpus Corpus()
    {
        lock (Corpora)
        {
            return Corpora.TryGetValue(Seed, out var corpus) ? corpus : Corpora[Seed] = new Corpus(Seed);
        }
    }

    public Pace Start(CancellationToken cancellationToken) => new(WarmUp, Duration, Count, cancellationToken);

    /// <summary>A different stream of chance for each session.</summary>
    public int SeedOf(int session) => unchecked((Seed * 7919) + (session * 104729));
}
