using System.Buffers;

namespace Sora.Mime;

/// <summary>
/// The fields of ENVELOPE (RFC 3501 section 7.4.2, RFC 9051 section 7.5.2). Text is as sent: unfolded, trimmed, without NUL,
/// CR and LF, not decoded; null where the field is absent. Of a repeated text field the first counts, repeated address
/// fields are joined.
/// </summary>
public sealed class Envelope
{
    /// <summary>An envelope without any field.</summary>
    public static Envelope Empty { get; } = new();

    /// <summary>Date field.</summary>
    public byte[]? Date { get; init; }

    /// <summary>Subject field.</summary>
    public byte[]? Subject { get; init; }

    /// <summary>From addresses.</summary>
    public IReadOnlyList<MailAddress> From { get; init; } = [];

    /// <summary>Sender addresses; <see cref="From"/> when the field is absent or empty.</summary>
    public IReadOnlyList<MailAddress> Sender { get; init; } = [];

    /// <summary>Reply-To addresses; <see cref="From"/> when the field is absent or empty.</summary>
    public IReadOnlyList<MailAddress> ReplyTo { get; init; } = [];

    /// <summary>To addresses.</summary>
    public IReadOnlyList<MailAddress> To { get; init; } = [];

    /// <summary>Cc addresses.</summary>
    public IReadOnlyList<MailAddress> Cc { get; init; } = [];

    /// <summary>Bcc addresses.</summary>
    public IReadOnlyList<MailAddress> Bcc { get; init; } = [];

    /// <summary>In-Reply-To field.</summary>
    public byte[]? InReplyTo { get; init; }

    /// <summary>Message-ID field.</summary>
    public byte[]? MessageId { get; init; }

    /// <summary>Parses the fields of a raw header block; never throws.</summary>
    public static Envelope Parse(ReadOnlySpan<byte> header)
    {
        var builder = new EnvelopeBuilder(MimeLimits.Default.MaxAddresses);
        foreach (var field in HeaderFields.Enumerate(header))
            builder.Add(field);
        return builder.Build();
    }

    /// <summary>Writes the envelope in Sora's binary form.</summary>
    public void Serialize(IBufferWriter<byte> writer) => StructureFormat.Write(this, writer);

    /// <summary>Reads what <see cref="Serialize"/> wrote.</summary>
    /// <exception cref="MimeFormatException">The data is damaged or of an unknown version.</exception>
    public static Envelope Deserialize(ReadOnlySpan<byte> data) =>
        TryDeserialize(data, out var envelope)
            ? envelope
            : throw new MimeFormatException("The stored envelope is damaged or of an unknown version.");

    /// <summary>As <see cref="Deserialize"/>, with false for damaged data.</summary>
    public static bool TryDeserialize(
        ReadOnlySpan<byte> data, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Envelope? envelope) =>
        StructureFormat.TryRead(data, out envelope);
}
