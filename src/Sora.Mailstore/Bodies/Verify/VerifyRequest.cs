using Sora.Contracts;

namespace Sora.Mailstore.Bodies.Verify;

/// <summary>What is to be compared, and how.</summary>
public sealed record VerifyRequest
{
    /// <summary>One account; null for all, with what is in the object store and belongs to none.</summary>
    public AccountId? Account { get; init; }

    /// <summary>Read each object and check its hash; otherwise only whether it is there and of the right size.</summary>
    public bool IsDeep { get; init; }

    /// <summary>Put right what can be.</summary>
    public bool Fixes { get; init; }

    /// <summary>What is younger may be on its way, and is not taken for left over.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Stop when there are so many findings; those that were found together are all told. Null for all. Not remembered.</summary>
    public long? Limit { get; init; }

    /// <summary>Accounts that are looked at at the same time. Not remembered.</summary>
    public int Parallelism { get; init; } = 1;

    /// <summary>Most bodies in a second; 0: no limit. Not remembered.</summary>
    public int BodiesPerSecond { get; init; }

    /// <summary>Most bytes that are read in a second; 0: no limit. Not remembered.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>How long what nothing refers to is watched before it is called so: an upload that is about to say what it did takes less.</summary>
    internal TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often it is written down how far it is.</summary>
    internal TimeSpan SaveInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bodies that are looked at together.</summary>
    internal int Page { get; init; } = 1000;
}
