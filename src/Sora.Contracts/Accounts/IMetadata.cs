using System.Collections.Immutable;

namespace Sora.Contracts;

/// <summary>How far below the named entries GETMETADATA looks (RFC 5464 section 4.2.2).</summary>
public enum MetadataDepth
{
    Zero,
    One,
    Infinity,
}

/// <summary>Which annotations are asked for.</summary>
/// <param name="User">Who asks: of private annotations only this account's are seen.</param>
/// <param name="Mailboxes">Whose annotations; an empty list stands for those of the server.</param>
/// <param name="Entries">Entry names, in any case.</param>
/// <param name="MaxSize">Values with more bytes are left out; their size is told.</param>
[GenerateSerializer, Alias("sora.MetadataQuery"), Immutable]
public sealed record MetadataQuery(
    [property: Id(0)] AccountId User,
    [property: Id(1)] IReadOnlyList<MailboxId> Mailboxes,
    [property: Id(2)] IReadOnlyList<string> Entries,
    [property: Id(3)] MetadataDepth Depth,
    [property: Id(4)] long MaxSize);

/// <summary>An annotation that was found.</summary>
/// <param name="Mailbox">Number 0 for one of the server.</param>
/// <param name="Name">The entry as it was spelled when it was set.</param>
/// <param name="Value">Null when it is larger than was asked for.</param>
[GenerateSerializer, Alias("sora.Annotation"), Immutable]
public sealed record Annotation(
    [property: Id(0)] MailboxId Mailbox, [property: Id(1)] string Name, [property: Id(2)] long Size, [property: Id(3)] byte[]? Value);

/// <summary>One entry of SETMETADATA; a null value removes it.</summary>
[GenerateSerializer, Alias("sora.MetadataEntry"), Immutable]
public sealed record MetadataEntry([property: Id(0)] string Name, [property: Id(1)] byte[]? Value)
{
    public const string PrivatePrefix = "/private";
    public const string SharedPrefix = "/shared";

    /// <summary>The entry belongs to the user who sets it; otherwise all see it.</summary>
    public bool IsPrivate => Name.StartsWith(PrivatePrefix, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A change of annotations of one mailbox, or of the server: all of it or nothing.</summary>
/// <param name="User">Whose private annotations are meant.</param>
/// <param name="Mailbox">Number 0 for the server.</param>
/// <param name="Operation">Names the change for those who hear of it, so that the one who made it can tell.</param>
/// <param name="Use">The special use that the mailbox gets, which is <see cref="SpecialUseEntry"/> (RFC 6154 section 4) and no entry; null when it stays.</param>
[GenerateSerializer, Alias("sora.MetadataWrite"), Immutable]
public sealed record MetadataWrite(
    [property: Id(0)] AccountId User,
    [property: Id(1)] MailboxId Mailbox,
    [property: Id(2)] IReadOnlyList<MetadataEntry> Entries,
    [property: Id(3)] OperationId Operation,
    [property: Id(4)] SpecialUse? Use = null)
{
    public const string SpecialUseEntry = "/private/specialuse";
}

/// <summary>How SETMETADATA ended (RFC 5464 section 4.3).</summary>
public enum MetadataOutcome
{
    Done,

    /// <summary>A value is larger than <see cref="MetadataWritten.Limit"/> bytes.</summary>
    TooLarge,

    /// <summary>More than <see cref="MetadataWritten.Limit"/> entries, or bytes in all of them.</summary>
    TooMany,
}

[GenerateSerializer, Alias("sora.MetadataWritten"), Immutable]
public readonly record struct MetadataWritten([property: Id(0)] MetadataOutcome Outcome, [property: Id(1)] long Limit);

/// <summary>Entries of one mailbox, or of the server, that were set or removed.</summary>
/// <param name="Mailbox">Number 0 for the server.</param>
/// <param name="User">Who did it; only this user's sessions may hear of private entries.</param>
/// <param name="Operation">The one that <see cref="MetadataWrite"/> has; none when another process did it.</param>
[GenerateSerializer, Alias("sora.MetadataChange"), Immutable]
public sealed record MetadataChange(
    [property: Id(0)] MailboxId Mailbox,
    [property: Id(1)] AccountId User,
    [property: Id(2)] OperationId Operation,
    [property: Id(3)] IReadOnlyList<string> Entries);

/// <summary>Hears of changed annotations, after they are durable. It must not wait.</summary>
public interface IMetadataSubscriber
{
    void MetadataChanged(MetadataChange change);
}

/// <summary>Annotations of mailboxes and of the server (RFC 5464). They belong to the mailbox, not to its name; who may see and set them is decided before.</summary>
public interface IMetadata
{
    /// <summary>The annotations, by mailbox and then in ordinal order of their names. UNAVAILABLE.</summary>
    Task<MailResult<ImmutableArray<Annotation>>> ReadAsync(MetadataQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// Sets or removes entries and tells those who hear of changes, in all processes. In the same commit the mailbox gets a higher mod-sequence, so that
    /// who keeps that sees that something is new (RFC 7162 section 3.2). NONEXISTENT, UNAVAILABLE, USEATTR when another mailbox has the special use.
    /// </summary>
    Task<MailResult<MetadataWritten>> WriteAsync(MetadataWrite write, CancellationToken cancellationToken);

    /// <summary>Tells the subscriber of every change in any process until the result is disposed; what changes while the processes cannot reach each other is not told.</summary>
    IDisposable Subscribe(IMetadataSubscriber subscriber);
}
