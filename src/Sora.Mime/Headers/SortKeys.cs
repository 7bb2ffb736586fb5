using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Sora.Mime;

/// <summary>
/// What SORT and THREAD compare of one message (RFC 5256, RFC 5957). Texts are folded by <see cref="UnicodeCasemap"/>: they compare as ordinal strings.
/// </summary>
public sealed record SortKeys
{
    /// <summary>References are looked at up to this many; of more, the first, which names the conversation, and the last ones.</summary>
    public const int MaxReferences = 200;

    /// <summary>Sort keys are no longer than this many UTF-16 code units: what is equal up to there counts as equal.</summary>
    public const int MaxLength = 1000;

    /// <summary>Seconds since 1970 of the Date field in UTC; <see cref="long.MinValue"/> without a readable one.</summary>
    public long SentDate { get; init; } = long.MinValue;

    /// <summary>The day of the Date field as its author wrote it, as <see cref="DateOnly.DayNumber"/>; -1 without a readable one.</summary>
    public int SentDay { get; init; } = -1;

    /// <summary>Base subject (RFC 5256 section 2.1).</summary>
    public string Subject { get; init; } = "";

    /// <summary>The base subject was made by removing a reply or forward mark.</summary>
    public bool IsReply { get; init; }

    /// <summary>addr-mailbox of the first address of the field; empty without one.</summary>
    public string From { get; init; } = "";

    /// <inheritdoc cref="From"/>
    public string To { get; init; } = "";

    /// <inheritdoc cref="From"/>
    public string Cc { get; init; } = "";

    /// <summary>Display name of the first address, else the address itself (RFC 5957 section 3).</summary>
    public string DisplayFrom { get; init; } = "";

    /// <inheritdoc cref="DisplayFrom"/>
    public string DisplayTo { get; init; } = "";

    /// <summary>Hash of the normalised Message-ID; 0 without one.</summary>
    public ulong MessageId { get; init; }

    /// <summary>Hashes of the ids in References, oldest first; if there is none, of the first id in In-Reply-To.</summary>
    public ulong[] References { get; init; } = [];

    /// <summary>Computes the keys; never throws.</summary>
    /// <param name="envelope">The message's envelope.</param>
    /// <param name="header">The message's header block, for References; may be empty when threads do not matter.</param>
    public static SortKeys Of(Envelope envelope, ReadOnlySpan<byte> header)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        var sent = envelope.Date is { } date ? DateParser.Parse(date) : null;
        var isReply = false;
        return new SortKeys
        {
            SentDate = sent?.ToUnixTimeSeconds() ?? long.MinValue,
            SentDay = sent is { } day ? DateOnly.FromDateTime(day.DateTime).DayNumber : -1,
            Subject = envelope.Subject is { } subject ? Fold(BaseSubject.Extract(subject, out isReply)) : "",
            IsReply = isReply,
            From = Mailbox(envelope.From),
            To = Mailbox(envelope.To),
            Cc = Mailbox(envelope.Cc),
            DisplayFrom = Display(envelope.From),
            DisplayTo = Display(envelope.To),
            MessageId = envelope.MessageId is { } id && MessageIds.First(id) is { } own ? HashOf(own) : 0,
            References = ReferencesOf(envelope, header),
        };
    }

    /// <summary>The hash of a normalised identifier; never 0.</summary>
    public static ulong HashOf(string id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(id), hash);
        return Math.Max(1, BinaryPrimitives.ReadUInt64LittleEndian(hash));
    }

    private static ulong[] ReferencesOf(Envelope envelope, ReadOnlySpan<byte> header)
    {
        if (HeaderFields.TryFind(header, "References"u8, out var field) && MessageIds.Parse(field.Value, MaxReferences) is { Count: > 0 } ids)
        {
            var hashes = new ulong[ids.Count];
            for (var i = 0; i < hashes.Length; i++)
                hashes[i] = HashOf(ids[i]);
            if (hashes.Length == MaxReferences && MessageIds.First(field.Value) is { } oldest)
                hashes[0] = HashOf(oldest);
            return hashes;
        }

        return envelope.InReplyTo is { } parent && MessageIds.Parse(parent, MaxReferences) is [var first, ..] ? [HashOf(first)] : [];
    }

    private static string Mailbox(IReadOnlyList<MailAddress> addresses) =>
        addresses is [{ Mailbox: { } mailbox }, ..] ? Fold(Charsets.DecodeUnlabelled(mailbox)) : "";

    private static string Display(IReadOnlyList<MailAddress> addresses)
    {
        if (addresses is not [var first, ..] || first.Mailbox is null)
            return "";
        if (first.Name is { } name && EncodedWord.Decode(name) is { Length: > 0 } display)
            return Fold(display);
        var spec = Charsets.DecodeUnlabelled(first.Mailbox);
        return Fold(first.Host is { Length: > 0 } host ? $"{spec}@{Charsets.DecodeUnlabelled(host)}" : spec);
    }

    // Text that its charset does not allow sorts behind all other text (RFC 5255 section 4.6)
    private static string Fold(string text)
    {
        var folded = UnicodeCasemap.Fold(text);
        if (folded.Contains('\uFFFD', StringComparison.Ordinal))
            folded = string.Concat("\uFFFF", folded);
        if (folded.Length <= MaxLength)
            return folded;
        return folded[..(char.IsHighSurrogate(folded[MaxLength - 1]) ? MaxLength - 1 : MaxLength)];
    }
}
