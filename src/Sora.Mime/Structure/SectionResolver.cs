using System.Diagnostics.CodeAnalysis;

namespace Sora.Mime;

/// <summary>The text specifier of a section (RFC 3501 section 6.4.5).</summary>
public enum SectionText
{
    /// <summary>None: the body of the part, or the whole message for an empty part path.</summary>
    None,

    /// <summary>HEADER (and the source of HEADER.FIELDS): the header block of a message.</summary>
    Header,

    /// <summary>TEXT: the body of a message.</summary>
    Text,

    /// <summary>MIME: the header block of a part.</summary>
    Mime,
}

/// <summary>Finds the bytes of an IMAP section in a message's structure (RFC 3501 section 6.4.5).</summary>
public static class SectionResolver
{
    /// <summary>
    /// Finds the bytes of <c>BODY[partPath.text]</c>. False when the part does not exist or cannot have that text
    /// (HEADER and TEXT need a message, MIME a part number).
    /// </summary>
    public static bool TryResolve(MimePart root, ReadOnlySpan<int> partPath, SectionText text, out long start, out long length)
    {
        start = length = 0;
        MimePart? message = root;
        if (!partPath.IsEmpty)
        {
            if (!TryFindPart(root, partPath, out var part))
                return false;
            if (text == SectionText.None)
                return Range(part.BodyStart, part.End, out start, out length);
            if (text == SectionText.Mime)
                return Range(part.HeaderStart, part.BodyStart, out start, out length);
            message = part.Message;
        }
        return message is not null && text switch
        {
            SectionText.None => Range(message.HeaderStart, message.End, out start, out length),
            SectionText.Header => Range(message.HeaderStart, message.BodyStart, out start, out length),
            SectionText.Text => Range(message.BodyStart, message.End, out start, out length),
            _ => false,
        };
    }

    /// <summary>Finds the part with the number <paramref name="partPath"/> (one or more numbers, each from 1).</summary>
    public static bool TryFindPart(MimePart root, ReadOnlySpan<int> partPath, [NotNullWhen(true)] out MimePart? part)
    {
        part = null;
        if (partPath.IsEmpty)
            return false;
        part = FirstLevel(root, partPath[0]);
        foreach (int number in partPath[1..])
        {
            if (part is null)
                return false;
            part = part.IsMultipart ? Child(part, number) : part.Message is { } message ? FirstLevel(message, number) : null;
        }
        return part is not null;
    }

    // "Every message has at least one part number": part 1 of a message that is no multipart is its own body.
    private static MimePart? FirstLevel(MimePart message, int number) =>
        message.IsMultipart ? Child(message, number) : number == 1 ? message : null;

    private static MimePart? Child(MimePart multipart, int number) =>
        (uint)(number - 1) < (uint)multipart.Children.Count ? multipart.Children[number - 1] : null;

    private static bool Range(long from, long to, out long start, out long length)
    {
        start = from;
        length = to - from;
        return true;
    }
}
