namespace Sora.Mime;

/// <summary>
/// One entity of a message (RFC 2046): the message itself, a part of a multipart, or the message inside a message/rfc822
/// part. All offsets are bytes from the start of the stored message. Immutable.
/// </summary>
/// <remarks>
/// A part is exactly one of: a multipart (<see cref="IsMultipart"/>, at least one child), an embedded message
/// (<see cref="IsMessage"/>, <see cref="Message"/> and <see cref="Envelope"/> set), or a leaf. An entity that claims to be a
/// multipart but cannot be taken apart (no boundary: text/plain; nested too deep: application/octet-stream) is a leaf with the
/// type given here, so that every part can be written as a valid BODYSTRUCTURE.
/// </remarks>
public sealed class MimePart
{
    internal MimePart() { }

    /// <summary>The media type as sent, ASCII, such as <c>text</c>; the RFC 2045 section 5.2 default when absent or unreadable.</summary>
    public string Type { get; internal set; } = "text";

    /// <summary>The media subtype as sent, ASCII, such as <c>plain</c>.</summary>
    public string Subtype { get; internal set; } = "plain";

    /// <summary>Content-Type parameters in order, undecoded. A defaulted text/plain has charset=us-ascii (RFC 2045 section 5.2).</summary>
    public IReadOnlyList<MimeParameter> Parameters { get; internal set; } = [];

    /// <summary>Content-ID as sent (with its angle brackets), or null.</summary>
    public byte[]? Id { get; internal set; }

    /// <summary>Content-Description as sent, or null.</summary>
    public byte[]? Description { get; internal set; }

    /// <summary>Content-Transfer-Encoding as sent, ASCII; null means the default of 7bit (RFC 2045 section 6.1).</summary>
    public string? Encoding { get; internal set; }

    /// <summary>Content-MD5 as sent, or null (RFC 1864).</summary>
    public byte[]? Md5 { get; internal set; }

    /// <summary>Content-Disposition type as sent, ASCII, or null (RFC 2183).</summary>
    public string? Disposition { get; internal set; }

    /// <summary>Content-Disposition parameters in order, undecoded.</summary>
    public IReadOnlyList<MimeParameter> DispositionParameters { get; internal set; } = [];

    /// <summary>Content-Language tags in order (RFC 3282).</summary>
    public IReadOnlyList<byte[]> Languages { get; internal set; } = [];

    /// <summary>Content-Location as sent, or null (RFC 2557).</summary>
    public byte[]? Location { get; internal set; }

    /// <summary>Where the header block begins.</summary>
    public long HeaderStart { get; internal set; }

    /// <summary>Where the body begins: after the empty line that ends the header block.</summary>
    public long BodyStart { get; internal set; }

    /// <summary>Where the body ends; the line break before a boundary is not part of it (RFC 2046 section 5.1.1).</summary>
    public long End { get; internal set; }

    /// <summary>Size of the body in bytes.</summary>
    public long Size => End - BodyStart;

    /// <summary>Line breaks in the body, as BODYSTRUCTURE counts lines.</summary>
    public long Lines { get; internal set; }

    /// <summary>The parts of a multipart in order, at least one; empty for every other entity.</summary>
    public IReadOnlyList<MimePart> Children { get; internal set; } = [];

    /// <summary>The envelope of the embedded message, for message/rfc822 and message/global.</summary>
    public Envelope? Envelope { get; internal set; }

    /// <summary>The embedded message itself, for message/rfc822 and message/global.</summary>
    public MimePart? Message { get; internal set; }

    /// <summary>Whether this part has children.</summary>
    public bool IsMultipart => Children.Count > 0;

    /// <summary>Whether this part holds an embedded message that was parsed.</summary>
    public bool IsMessage => Message is not null;

    /// <summary>Whether the type is text.</summary>
    public bool IsText => Type.Equals("text", StringComparison.OrdinalIgnoreCase);

    /// <summary>Compares the media type without regard to case.</summary>
    public bool Is(string type, string subtype) =>
        Type.Equals(type, StringComparison.OrdinalIgnoreCase) && Subtype.Equals(subtype, StringComparison.OrdinalIgnoreCase);
}
