using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Bodies.Verify;

/// <summary>Column <c>state</c> of bodies and packs.</summary>
internal enum BodyRowState
{
    BeingPut = 0,
    Stored = 1,
    BeingDeleted = 2,
}

/// <summary>The pack that a row names.</summary>
internal sealed record BodyPack(string Version, ContentHash Hash, long Size, BodyRowState State);

/// <summary>The row of a body.</summary>
/// <param name="Version">Changes with each change of the row.</param>
internal sealed record BodyRow(string Version, BodyRowState State, long? PackId, long Position, long Length)
{
    public string? KeyId { get; init; }

    public DateTimeOffset? DeadSince { get; init; }

    public DateTimeOffset? DamagedAt { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Null also when the row names a pack that has no row.</summary>
    public BodyPack? Pack { get; init; }
}

/// <summary>What the database says of a body at one moment; two that are equal mean that nothing has happened in between.</summary>
/// <param name="Hash">Its name.</param>
/// <param name="Row">Its row; null when it has none.</param>
/// <param name="Size">Its size as contents have it; null when no content refers to it.</param>
/// <param name="IsNeeded">A message refers to one of these contents.</param>
/// <param name="Staged">So many staged copies are on their way to the account's object.</param>
/// <param name="LastStaged">The number of the last of them.</param>
internal sealed record BodyState(ContentHash Hash, BodyRow? Row, long? Size, bool IsNeeded, long Staged, long LastStaged)
{
    public bool IsStaged => Staged > 0;

    public bool HasContent => Size is not null;
}

/// <summary>A pack at one moment.</summary>
internal sealed record PackState(long Id, string Version, ContentHash Hash, long Size, BodyRowState State)
{
    public string? KeyId { get; init; }

    public DateTimeOffset? DeadSince { get; init; }

    public long DeadSize { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>So many bodies are read from it.</summary>
    public long Bodies { get; init; }
}

/// <summary>Where in a pack a body lies.</summary>
internal readonly record struct PackedPart(ContentHash Hash, long Position, long Length, bool IsDead);

/// <summary>Which message needs a body.</summary>
/// <param name="MailboxId">Its mailbox.</param>
/// <param name="Mailbox">The mailbox's name; null when there is no such mailbox any more.</param>
/// <param name="Uid">Its UID.</param>
/// <param name="IsDeleted">The mailbox is deleted.</param>
public sealed record BodyMessage(long MailboxId, string? Mailbox, long Uid, bool IsDeleted);

/// <summary>How an account is worked through.</summary>
internal enum VerifyPhase
{
    Bodies,
    Packs,
    Staged,
    Done,
}

/// <summary>What the object store has under a body's names.</summary>
/// <param name="Alone">The object of its own.</param>
/// <param name="Pack">The pack that the row names, if it was looked for.</param>
internal readonly record struct BodyEvidence(ObjectInfo? Alone, ObjectInfo? Pack)
{
    /// <summary>What was read; null when it was not.</summary>
    public BodyRead? Read { get; init; }
}

/// <summary>What reading a body came to.</summary>
/// <param name="Error">Why it is not the body; null when it is, or when it cannot be told.</param>
/// <param name="KeyId">The key that it is encrypted with.</param>
internal readonly record struct BodyRead(string? Error, string? KeyId)
{
    /// <summary>The key is not known here.</summary>
    public string? KeyProblem { get; init; }

    /// <summary>All of it was read, not only its header.</summary>
    public bool IsWhole { get; init; }

    public bool IsGood => Error is null && KeyProblem is null;
}
