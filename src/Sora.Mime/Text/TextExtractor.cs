using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Sora.Mime;

/// <summary>Reads stored bytes: fills the buffer from <paramref name="offset"/> on and returns the count, 0 at the end.</summary>
/// <param name="offset">Byte offset in the stored message.</param>
/// <param name="destination">Where the bytes go; need not be filled.</param>
/// <param name="cancellationToken">Cancels the read.</param>
public delegate ValueTask<int> MimeRangeReader(long offset, Memory<byte> destination, CancellationToken cancellationToken);

/// <summary>
/// Text for search out of one text part: undoes the transfer encoding and the charset, joins format=flowed lines
/// (RFC 3676), and takes the text out of HTML. Bounded memory; never throws on any content. The text is well-formed UTF-16
/// without NUL.
/// </summary>
public sealed class TextExtractor : IDisposable
{
    // How many bytes decide what charset unlabelled text has
    internal const int SniffBytes = 16 * 1024;
    private const int ReadBytes = 32 * 1024;
    internal const int CharsAtOnce = 4096;
    private const int MaxHeaderBytes = 1024 * 1024; // of all parts of a message together; beyond it headers are left out

    /// <summary>What stands between parts, and between lines that come from an embedded message's header: no text goes on behind it.</summary>
    public const char PartEnd = '\u001E';

    private static readonly SearchValues<byte> MetaValueEnd = SearchValues.Create("\"'; >/\r\n"u8);

    private readonly SearchTextSink _sink;
    private readonly TransferDecoder _transfer;
    private readonly HtmlText? _html;
    private readonly FlowedText? _flowed;
    private readonly ArrayBufferWriter<byte> _decoded;
    private readonly char[] _chars;
    private ExtractionBuffers? _rented;
    private Decoder? _decoder;
    private bool _afterReturn;

    /// <summary>Creates an extractor for a part that writes at most <paramref name="maxChars"/> characters.</summary>
    public TextExtractor(MimePart part, IBufferWriter<char> output, int maxChars)
        : this(part, new SearchTextSink(output, maxChars), new ExtractionBuffers())
    {
    }

    /// <summary>Creates an extractor for a part whose text, at most <paramref name="maxChars"/> characters, <see cref="CompleteText"/> gives.</summary>
    public TextExtractor(MimePart part, int maxChars)
        : this(part, maxChars, ExtractionBuffers.Rent())
    {
    }

    private TextExtractor(MimePart part, int maxChars, ExtractionBuffers rented)
        : this(part, new SearchTextSink(rented.Text, maxChars, rented.Sink), rented) => _rented = rented;

    private TextExtractor(MimePart part, SearchTextSink sink, ExtractionBuffers buffers)
    {
        _sink = sink;
        _chars = buffers.Chars;
        _decoded = buffers.Decoded;
        _decoded.ResetWrittenCount();
        _transfer = new TransferDecoder(TransferDecoder.Parse(part.Encoding));
        if (IsHtml(part))
            _html = new HtmlText(_sink);
        else if ("flowed".Equals(ParameterDecoder.Find(part.Parameters, "format"), StringComparison.OrdinalIgnoreCase))
            _flowed = new FlowedText(_sink, "yes".Equals(ParameterDecoder.Find(part.Parameters, "delsp"), StringComparison.OrdinalIgnoreCase));
        // Mail that says US-ASCII and is not says nothing
        if (Charsets.TryGet(ParameterDecoder.Find(part.Parameters, "charset"), out var encoding) && encoding is not ASCIIEncoding)
            _decoder = encoding.GetDecoder();
    }

    /// <summary>Characters that may still be written; at 0 the rest of the body need not be read.</summary>
    public int Remaining => _sink.Remaining;

    /// <summary>Whether a part is HTML, so that only what people read of it is text.</summary>
    public static bool IsHtml(MimePart part)
    {
        ArgumentNullException.ThrowIfNull(part);
        return part.Is("text", "html") || part.Is("text", "xhtml") || part.Is("application", "xhtml+xml");
    }

    /// <summary>
    /// The text of all text parts of a message, in order, embedded messages (with their subject and addresses) included,
    /// separated by <see cref="PartEnd"/>. Returns the number of characters written, at most <paramref name="maxChars"/>.
    /// </summary>
    public static ValueTask<int> ExtractAsync(
        MimePart root, MimeRangeReader read, IBufferWriter<char> output, int maxChars, CancellationToken cancellationToken) =>
        ExtractAsync(root, read, output, null, maxChars, cancellationToken);

    /// <summary>As above; also passes on all parts and embedded messages with their header blocks as they come; the message itself without its own.</summary>
    public static async ValueTask<int> ExtractAsync(
        MimePart root,
        MimeRangeReader read,
        IBufferWriter<char> output,
        Action<MimePart, ReadOnlyMemory<byte>>? takeHeader,
        int maxChars,
        CancellationToken cancellationToken)
    {
        var buffers = ExtractionBuffers.Rent();
        var sink = new SearchTextSink(output, maxChars, buffers.Sink);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            var waiting = new Stack<MimePart>([root]);
            long headers = 0;
            while (!sink.IsFull && waiting.TryPop(out var part))
            {
                if (part == root)
                    takeHeader?.Invoke(root, default);
                else if (takeHeader is not null && headers < MaxHeaderBytes)
                    headers += await ReadHeaderAsync(part, read, takeHeader, cancellationToken).ConfigureAwait(false);
                if (!IsTextLeaf(part, waiting, sink))
                    continue;
                var extractor = new TextExtractor(part, sink, buffers);
                long at = part.BodyStart;
                while (at < part.End && !sink.IsFull)
                {
                    int wanted = (int)Math.Min(ReadBytes, part.End - at);
                    int count = await read(at, buffer.AsMemory(0, wanted), cancellationToken).ConfigureAwait(false);
                    if (count <= 0)
                        break;
                    extractor.Write(buffer.AsSpan(0, count));
                    at += count;
                }
                extractor.Complete();
                sink.Add(PartEnd);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        sink.Flush();
        buffers.Return();
        return sink.Written;
    }

    /// <summary>As <see cref="ExtractAsync(MimePart, MimeRangeReader, IBufferWriter{char}, int, CancellationToken)"/>, over a message that is in memory.</summary>
    public static int Extract(MimePart root, ReadOnlySpan<byte> message, IBufferWriter<char> output, int maxChars)
    {
        var buffers = ExtractionBuffers.Rent();
        var sink = new SearchTextSink(output, maxChars, buffers.Sink);
        var waiting = new Stack<MimePart>([root]);
        while (!sink.IsFull && waiting.TryPop(out var part))
        {
            if (!IsTextLeaf(part, waiting, sink))
                continue;
            var extractor = new TextExtractor(part, sink, buffers);
            int start = (int)Math.Min(part.BodyStart, message.Length);
            extractor.Write(message[start..(int)Math.Min(part.End, message.Length)]);
            extractor.Complete();
            sink.Add(PartEnd);
        }
        sink.Flush();
        buffers.Return();
        return sink.Written;
    }

    /// <summary>Takes the next bytes of the part's body as stored (still transfer-encoded); they may be cut anywhere.</summary>
    public void Write(ReadOnlySpan<byte> body)
    {
        while (!body.IsEmpty && !_sink.IsFull)
        {
            var piece = body[..Math.Min(body.Length, ReadBytes)];
            body = body[piece.Length..];
            _transfer.Decode(piece, _decoded);
            if (_decoder is not null || _decoded.WrittenCount >= SniffBytes)
                DecodeChars(flush: false);
        }
    }

    /// <summary>Writes what is still held back at the end of the body.</summary>
    public void Complete()
    {
        _transfer.Complete(_decoded);
        DecodeChars(flush: true);
        _html?.Complete();
        _flowed?.Complete();
        _sink.Flush();
    }

    /// <summary>Writes what is still held back at the end of the body and gives the text of an extractor that has no output; ends it.</summary>
    /// <exception cref="InvalidOperationException">The text went to an output.</exception>
    public string CompleteText()
    {
        var text = (_rented ?? throw new InvalidOperationException("The text went to an output.")).Text;
        Complete();
        return text.WrittenSpan.ToString();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rented?.Return();
        _rented = null;
    }

    // Parts wait on a stack, not in calls: nesting costs no stack space
    private static bool IsTextLeaf(MimePart part, Stack<MimePart> waiting, SearchTextSink sink)
    {
        for (int i = part.Children.Count - 1; i >= 0; i--)
            waiting.Push(part.Children[i]);
        if (part.Message is null)
            return (part.IsText || IsReport(part)) && !part.IsMultipart;
        AddEnvelope(part.Envelope, sink);
        waiting.Push(part.Message);
        return false;
    }

    // Reports of delivery and of disposition (RFC 3464, RFC 8098) and their like are lines of text, though their type is message
    private static bool IsReport(MimePart part) => part.Type.Equals("message", StringComparison.OrdinalIgnoreCase);

    private static async ValueTask<int> ReadHeaderAsync(
        MimePart part, MimeRangeReader read, Action<MimePart, ReadOnlyMemory<byte>> take, CancellationToken cancellationToken)
    {
        var header = new byte[(int)Math.Clamp(part.BodyStart - part.HeaderStart, 0, MaxHeaderBytes)];
        int length = 0;
        while (length < header.Length
            && await read(part.HeaderStart + length, header.AsMemory(length), cancellationToken).ConfigureAwait(false) is > 0 and var count)
            length += count;
        take(part, header.AsMemory(0, length));
        return length;
    }

    private static void AddEnvelope(Envelope? envelope, SearchTextSink sink)
    {
        if (envelope is null)
            return;
        if (envelope.Subject is not null)
            AddLine(EncodedWord.Decode(envelope.Subject), sink);
        AddAddresses(envelope.From, sink);
        AddAddresses(envelope.To, sink);
        AddAddresses(envelope.Cc, sink);
    }

    private static void AddAddresses(IReadOnlyList<MailAddress> addresses, SearchTextSink sink)
    {
        foreach (var address in addresses)
        {
            if (address.Name is not null)
                AddLine(EncodedWord.Decode(address.Name), sink);
            if (address.Mailbox is { Length: > 0 } mailbox)
            {
                sink.Add(Charsets.DecodeUnlabelled(mailbox));
                if (address.Host is { Length: > 0 } host)
                {
                    sink.Add('@');
                    sink.Add(Charsets.DecodeUnlabelled(host));
                }
                sink.Add(PartEnd);
            }
        }
    }

    private static void AddLine(string text, SearchTextSink sink)
    {
        sink.Add(text);
        sink.Add(PartEnd);
    }

    private void DecodeChars(bool flush)
    {
        var bytes = _decoded.WrittenSpan;
        _decoder ??= Sniff(bytes, flush).GetDecoder();
        bool completed;
        do
        {
            _decoder.Convert(bytes, _chars, flush, out int bytesUsed, out int charsUsed, out completed);
            bytes = bytes[bytesUsed..];
            Take(_chars.AsSpan(0, charsUsed));
        }
        while (!completed && !_sink.IsFull);
        _decoded.ResetWrittenCount();
    }

    private void Take(ReadOnlySpan<char> text)
    {
        if (_html is not null)
        {
            _html.Add(text);
            return;
        }
        while (!text.IsEmpty)
        {
            if (_afterReturn && text[0] != '\n')
                AddPlain("\n");
            int run = text.IndexOfAny('\r', '\uFEFF');
            _afterReturn = run >= 0 && text[run] == '\r';
            AddPlain(run < 0 ? text : text[..run]);
            text = run < 0 ? default : text[(run + 1)..];
        }
    }

    // Lines end with a line feed here; a return alone ends one too
    private void AddPlain(ReadOnlySpan<char> text)
    {
        if (_flowed is null)
        {
            _sink.Add(text);
            return;
        }
        foreach (char c in text)
            _flowed.Add(c);
    }

    private Encoding Sniff(ReadOnlySpan<byte> bytes, bool isAll)
    {
        if (bytes.StartsWith("\uFEFF"u8))
            return Encoding.UTF8;
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
            return Encoding.Unicode;
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
            return Encoding.BigEndianUnicode;
        if (_html is not null && TrySniffMeta(bytes, out var encoding))
            return encoding;
        // What was read so far may end inside a character
        for (int back = 1; !isAll && back <= 3 && back <= bytes.Length && bytes[^back] >= 0x80; back++)
        {
            if (bytes[^back] >= 0xC0)
            {
                bytes = bytes[..^back];
                break;
            }
        }
        return Utf8.IsValid(bytes) ? Encoding.UTF8 : Charsets.Windows1252;
    }

    // <meta charset="…"> and <meta http-equiv=content-type content="text/html; charset=…">
    private static bool TrySniffMeta(ReadOnlySpan<byte> bytes, out Encoding encoding)
    {
        encoding = Charsets.Windows1252;
        var head = bytes[..Math.Min(bytes.Length, 2048)];
        int mark;
        while ((mark = head.IndexOf("charset="u8)) >= 0)
        {
            head = head[(mark + 8)..].TrimStart("\"' "u8);
            int length = head.IndexOfAny(MetaValueEnd);
            if (length > 0 && Charsets.TryGet(head[..length], out var found) && found is not (ASCIIEncoding or UnicodeEncoding or UTF32Encoding))
            {
                encoding = found;
                return true;
            }
        }
        return false;
    }
}
