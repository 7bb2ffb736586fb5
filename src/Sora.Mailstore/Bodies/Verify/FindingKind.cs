namespace Sora.Mailstore.Bodies.Verify;

/// <summary>What may be wrong between database, staging and object store.</summary>
public enum FindingKind
{
    /// <summary>A message's body is neither staged nor in the object store.</summary>
    Missing,

    /// <summary>What is stored is not the body.</summary>
    Damaged,

    /// <summary>An object that nothing knows of and nothing needs.</summary>
    Orphaned,

    /// <summary>An object that a message needs and that has no row.</summary>
    Unlisted,

    /// <summary>The row says that the object store has it, which it has not; the body is staged, or nobody needs it.</summary>
    Gone,

    /// <summary>Nothing refers to it and it is not marked as dead, so that it would stay for ever.</summary>
    Leaked,

    /// <summary>A message's body of which the row says that it is being put, and which nobody puts.</summary>
    Unfinished,

    /// <summary>A body of a pack that is also an object of its own.</summary>
    Duplicate,

    /// <summary>The row names another key than the one that it is encrypted with.</summary>
    WrongKey,

    /// <summary>It is encrypted with a key that is not configured here.</summary>
    Unreadable,

    /// <summary>It is marked as damaged and is not.</summary>
    Sound,
}
