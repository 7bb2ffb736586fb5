namespace Sora.Contracts;

/// <summary>Which keys of messages SORT, THREAD and THREADID need.</summary>
[Flags]
public enum MessageKeyParts
{
    None = 0,
    SentDate = 1,
    Subject = 2,
    From = 4,
    To = 8,
    Cc = 16,
    DisplayFrom = 32,
    DisplayTo = 64,
    Thread = 128,
    SentDay = 256,
    Conversation = 512,
}

/// <summary>
/// What SORT (RFC 5256, RFC 5957) and THREAD compare, as columns: the n-th value belongs to the n-th content that was asked for. Columns that were
/// not asked for are empty. Texts are folded by <c>i;unicode-casemap</c> (RFC 5051), so they compare as ordinal strings.
/// </summary>
public sealed class MessageKeys
{
    /// <summary>Seconds since 1970 of the Date field in UTC; <see cref="long.MinValue"/> without a readable one: INTERNALDATE takes its place.</summary>
    public long[] SentDates { get; init; } = [];

    /// <summary>The day of the Date field as its author wrote it (<see cref="DateOnly.DayNumber"/>); -1 without a readable one.</summary>
    public int[] SentDays { get; init; } = [];

    /// <summary>Base subject (RFC 5256 section 2.1), folded.</summary>
    public string[] Subjects { get; init; } = [];

    /// <summary>With <see cref="MessageKeyParts.Subject"/>: the base subject was made by removing a reply or forward mark.</summary>
    public bool[] AreReplies { get; init; } = [];

    /// <summary>addr-mailbox of the first address, folded.</summary>
    public string[] Froms { get; init; } = [];

    public string[] Tos { get; init; } = [];

    public string[] Ccs { get; init; } = [];

    /// <summary>Display name of the first From address, else its addr-spec, folded (RFC 5957).</summary>
    public string[] DisplayFroms { get; init; } = [];

    public string[] DisplayTos { get; init; } = [];

    /// <summary>64-bit hash of the normalised Message-ID; 0 when there is none.</summary>
    public ulong[] MessageIds { get; init; } = [];

    /// <summary>Hashes of the ids in References, oldest first; if there is none, of the first id in In-Reply-To.</summary>
    public ulong[][] References { get; init; } = [];

    /// <summary>
    /// What messages of one conversation have in common (RFC 8474 section 5.2): the first of <see cref="References"/>, else the own id; 0 when there
    /// is neither.
    /// </summary>
    public ulong[] Conversations { get; init; } = [];
}

/// <summary>Reads the keys of messages, through caches that need no invalidation.</summary>
public interface IMessageKeys
{
    /// <summary>The keys of contents; of one that no longer exists, what a message without a header has.</summary>
    /// <param name="account">Whose contents they are.</param>
    /// <exception cref="BodyUnavailableException">A message that had to be read cannot be.</exception>
    ValueTask<MessageKeys> ReadAsync(AccountId account, ReadOnlyMemory<ContentId> contents, MessageKeyParts parts, CancellationToken cancellationToken);
}
