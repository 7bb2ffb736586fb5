using System.Buffers;
using Sora.Contracts;
using Sora.Gateway.Imap.Wire;
using Sora.Mime;

namespace Sora.Gateway.Imap.Fetch;

/// <summary>One message while it is fetched: what the store gave of it, and its body if that is needed.</summary>
internal sealed class MessageSource : IAsyncDisposable
{
    private const int PieceSize = 32 * 1024;

    private readonly MessageContent _content;
    private readonly List<(int[] Path, MeasuredPart Part)> _measured = [];
    private readonly Envelope? _envelope;
    private readonly MimePart? _structure;
    private IMessageBody? _body;
    private ReadOnlyMemory<byte>? _header;

    private MessageSource(MessageContent content)
    {
        _content = content;
        if (content.Envelope is { } envelope)
            _envelope = Envelope.Deserialize(envelope.Span);
        if (content.Structure is { } structure)
            _structure = MimeMessage.DeserializeStructure(structure.Span, content.Prefix.Length);
    }

    public Envelope Envelope => _envelope ?? throw new InvalidOperationException("The envelope was not read");

    public MimePart Structure => _structure ?? throw new InvalidOperationException("The structure was not read");

    public IMessageBody Body => _body ?? throw new InvalidOperationException("The body was not opened");

    /// <summary>Takes what was read of a message, and opens its body when one of the items needs it.</summary>
    /// <exception cref="BodyUnavailableException">The body cannot be read.</exception>
    /// <exception cref="MimeFormatException">The stored envelope or structure is damaged.</exception>
    public static async ValueTask<MessageSource> OpenAsync(
        IMessageStore store, MessageContent content, List<FetchItem> items, CancellationToken cancellationToken)
    {
        var source = new MessageSource(content);
        foreach (var item in items)
        {
            if (!source.NeedsBody(item))
                continue;
            source._body = await store.OpenAsync(content, cancellationToken).ConfigureAwait(false);
            if (source._body.Length == content.Size)
                break;
            await source.DisposeAsync().ConfigureAwait(false);
            throw new BodyUnavailableException($"Body of content {content.Id} has {source._body.Length} bytes instead of {content.Size}", temporary: false);
        }

        return source;
    }

    public ValueTask DisposeAsync() => _body?.DisposeAsync() ?? default;

    /// <summary>Where a section lies in the message; false when there is no such part.</summary>
    public bool TryResolve(Section section, out long start, out long length)
    {
        (start, length) = (0, _content.Size);
        return section.IsWhole || SectionResolver.TryResolve(Structure, section.Path, section.Text, out start, out length);
    }

    /// <summary>The bytes of a range that is the message's header, when the store keeps that beside the body.</summary>
    public bool TryHeaderBytes(long start, long length, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (start != 0 || _content.Header is not { } stored || length != _content.Prefix.Length + stored.Length)
            return false;
        _header ??= _content.Prefix.IsEmpty ? stored : Concat(_content.Prefix, stored);
        bytes = _header.Value;
        return true;
    }

    /// <summary>The bytes of a header block, from beside the body or from the body.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadHeaderAsync(long start, long length, CancellationToken cancellationToken)
    {
        if (TryHeaderBytes(start, length, out var bytes))
            return bytes;
        var header = new byte[length];
        for (var at = 0; at < header.Length;)
        {
            var read = await Body.ReadAsync(start + at, header.AsMemory(at), cancellationToken).ConfigureAwait(false);
            at += read > 0 ? read : throw new BodyUnavailableException("A body is shorter than it should be", temporary: false);
        }

        return header;
    }

    /// <summary>Decodes a part to know its length (RFC 3516 section 4.3). False when its transfer encoding is not known.</summary>
    public async ValueTask<bool> MeasureAsync(int[] path, CancellationToken cancellationToken)
    {
        if (_measured.Exists(known => known.Path.AsSpan().SequenceEqual(path)))
            return true;
        if (!TryPart(path, out var start, out var length, out var encoding))
        {
            _measured.Add((path, default));
            return true;
        }

        if (encoding == TransferEncoding.Unknown)
            return false;
        var counter = new CountingWriter();
        await DecodeAsync(start, length, encoding, counter, cancellationToken).ConfigureAwait(false);
        _measured.Add((path, new MeasuredPart(true, counter.Count, counter.HasNul)));
        return true;
    }

    public MeasuredPart Measured(int[] path) => _measured.Find(known => known.Path.AsSpan().SequenceEqual(path)).Part;

    /// <summary>Writes the decoded bytes <paramref name="skip"/> to <paramref name="skip"/> + <paramref name="count"/> of a measured part.</summary>
    public async ValueTask DecodeAsync(int[] path, long skip, long count, ImapWriter writer, CancellationToken cancellationToken)
    {
        if (TryPart(path, out var start, out var length, out var encoding))
            await DecodeAsync(start, length, encoding, new SlicingWriter(writer.Output, skip, count), cancellationToken, writer).ConfigureAwait(false);
    }

    private bool NeedsBody(FetchItem item) => item.Kind switch
    {
        FetchKind.Rfc822 or FetchKind.Rfc822Text or FetchKind.Binary or FetchKind.BinarySize => true,
        FetchKind.Rfc822Header or FetchKind.Section =>
            TryResolve(item.Section!, out var start, out var length) && length > 0 && !TryHeaderBytes(start, length, out _),
        _ => false,
    };

    // A multipart and a whole message are not encoded themselves: their bytes are what they are (RFC 3516 section 4.1).
    private bool TryPart(int[] path, out long start, out long length, out TransferEncoding encoding)
    {
        encoding = TransferEncoding.Identity;
        (start, length) = (0, _content.Size);
        if (path.Length == 0)
            return true;
        if (!SectionResolver.TryFindPart(Structure, path, out var part))
            return false;
        (start, length) = (part.BodyStart, part.Size);
        if (!part.IsMultipart && !part.IsMessage)
            encoding = TransferDecoder.Parse(part.Encoding);
        return true;
    }

    private async ValueTask DecodeAsync(
        long start, long length, TransferEncoding encoding, IBufferWriter<byte> output, CancellationToken cancellationToken, ImapWriter? writer = null)
    {
        var decoder = new TransferDecoder(encoding);
        var buffer = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            while (length > 0)
            {
                var memory = buffer.AsMemory(0, (int)Math.Min(length, buffer.Length));
                var read = await Body.ReadAsync(start, memory, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                    throw new BodyUnavailableException("A body is shorter than it should be", temporary: false);
                decoder.Decode(memory.Span[..read], output);
                start += read;
                length -= read;
                if (writer is { ShouldFlush: true })
                    await writer.FlushAsync().ConfigureAwait(false);
            }

            decoder.Complete(output);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static ReadOnlyMemory<byte> Concat(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right)
    {
        var both = new byte[left.Length + right.Length];
        left.CopyTo(both);
        right.CopyTo(both.AsMemory(left.Length));
        return both;
    }
}

/// <summary>A part after decoding.</summary>
/// <param name="HasNul">It must be sent as literal8 (RFC 3516 section 4.2).</param>
internal readonly record struct MeasuredPart(bool Exists, long Length, bool HasNul);
