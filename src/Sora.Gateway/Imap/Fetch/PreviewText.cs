using System.Buffers;
using System.Text;
using Sora.Contracts;
using Sora.Mime;

namespace Sora.Gateway.Imap.Fetch;

/// <summary>The beginning of what a message says, as one line (RFC 8970 section 3): the text part a reader would see first, without quotations.</summary>
internal static class PreviewText
{
    /// <summary>Longest preview in characters (RFC 8970 section 3.2.1 asks for 200).</summary>
    public const int MaxLength = 200;

    // So much of the text is looked at, quotations included
    private const int Looked = 8 * 1024;

    /// <summary>The preview; empty when the message has no text to show.</summary>
    /// <exception cref="BodyUnavailableException">The body cannot be read.</exception>
    public static async ValueTask<string> ReadAsync(IMessageStore store, MessageContent content, CancellationToken cancellationToken)
    {
        if (content.Structure is not { } stored || !MimeMessage.TryDeserializeStructure(stored.Span, content.Prefix.Length, out var structure))
            throw new BodyUnavailableException($"Structure of content {content.Id} is damaged", temporary: false);
        var parts = new List<MimePart>();
        Collect(structure, parts);
        if (parts.Count == 0)
            return "";
        await using var body = await store.OpenAsync(content, cancellationToken).ConfigureAwait(false);
        foreach (var part in parts)
        {
            var text = new ArrayBufferWriter<char>(1024);
            await TextExtractor.ExtractAsync(part, body.ReadAsync, text, Looked, cancellationToken).ConfigureAwait(false);
            if (text.WrittenSpan.TrimStart().StartsWith("-----BEGIN PGP MESSAGE-----"))
                return "";
            if (Shorten(text.WrittenSpan) is { Length: > 0 } preview)
                return preview;
        }

        return "";
    }

    /// <summary>One line of at most <see cref="MaxLength"/> characters: without quoted lines, unless there are no others.</summary>
    public static string Shorten(ReadOnlySpan<char> text) => Shorten(text, withQuotes: false) is { Length: > 0 } own ? own : Shorten(text, withQuotes: true);

    private static string Shorten(ReadOnlySpan<char> text, bool withQuotes)
    {
        var line = new StringBuilder(MaxLength);
        var length = 0;
        foreach (var range in text.Split('\n'))
        {
            var rest = text[range].Trim();
            if (rest.StartsWith(">") && !withQuotes)
                continue;
            rest = rest.TrimStart("> ");
            var isSpaced = true;
            foreach (var rune in rest.EnumerateRunes())
            {
                if (Rune.IsWhiteSpace(rune) || Rune.IsControl(rune))
                {
                    isSpaced = true;
                    continue;
                }

                var needed = isSpaced && length > 0 ? 2 : 1;
                if (length + needed > MaxLength)
                    return line.ToString();
                if (needed == 2)
                    line.Append(' ');
                line.Append(rune.ToString());
                length += needed;
                isSpaced = false;
            }
        }

        return line.ToString();
    }

    // Plain text first, then HTML; nothing of encrypted parts, attachments and embedded messages
    private static void Collect(MimePart root, List<MimePart> parts)
    {
        var html = new List<MimePart>();
        var waiting = new Stack<MimePart>([root]);
        while (waiting.TryPop(out var part))
        {
            if (part.Is("multipart", "encrypted"))
                continue;
            for (var i = part.Children.Count - 1; i >= 0; i--)
                waiting.Push(part.Children[i]);
            if (!part.IsText || part.IsMultipart || IsAttachment(part))
                continue;
            if (part.Is("text", "plain"))
                parts.Add(part);
            else if (part.Is("text", "html"))
                html.Add(part);
        }

        parts.AddRange(html);
    }

    private static bool IsAttachment(MimePart part) => "attachment".Equals(part.Disposition, StringComparison.OrdinalIgnoreCase);
}
