using System.Buffers;
using System.Buffers.Text;
using Sora.Contracts;
using Sora.Mime;

namespace Sora.Mailstore.Bodies.Intake;

/// <summary>
/// Writes a message that holds NULs anew without them, because no IMAP client may be sent one outside of BINARY (RFC 3516 section 4.3, RFC 9051
/// section 4.3). Parts with NULs become base64, so that BINARY gives back the very bytes; elsewhere, where no encoding can help (header fields,
/// preambles, parts that claim to be encoded already), a NUL becomes a question mark.
/// </summary>
/// <param name="read">Reads the message at an offset, at least one byte.</param>
internal sealed class NulConversion(
    MimePart root, long length, Func<long, Memory<byte>, CancellationToken, ValueTask<int>> read, IMessageIntake output)
{
    private const int BytesPerLine = 57; // 76 characters (RFC 2045 section 6.8)
    private const int LinesPerPiece = 1024;
    private const int PieceSize = BytesPerLine * LinesPerPiece;
    private const int MaxHeader = 1024 * 1024;

    private readonly List<Leaf> _leaves = [];
    private long _position; // of the input, up to which everything is written

    private sealed class Leaf(MimePart part, bool isMessage)
    {
        public MimePart Part => part;

        /// <summary>It is a message of its own, and its header that of a message.</summary>
        public bool IsMessage => isMessage;

        public bool HasNul { get; set; }

        public bool CanEncode =>
            TransferDecoder.Parse(part.Encoding) == TransferEncoding.Identity && part.BodyStart - part.HeaderStart <= MaxHeader;
    }

    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        Collect(root, isMessage: true);
        var buffer = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            await FindNulsAsync(buffer, cancellationToken);
            foreach (var leaf in _leaves)
            {
                if (!leaf.HasNul || !leaf.CanEncode)
                    continue;
                await CopyAsync(leaf.Part.HeaderStart, buffer, cancellationToken);
                await WriteHeaderAsync(leaf, cancellationToken);
                await EncodeAsync(leaf.Part, buffer, cancellationToken);
            }

            await CopyAsync(length, buffer, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // In the order of the message
    private void Collect(MimePart part, bool isMessage)
    {
        if (part.Message is { } message)
        {
            Collect(message, isMessage: true);
        }
        else if (!part.IsMultipart)
        {
            _leaves.Add(new Leaf(part, isMessage));
        }
        else
        {
            foreach (var child in part.Children)
                Collect(child, isMessage: false);
        }
    }

    private async ValueTask FindNulsAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        var next = 0;
        for (var at = 0L; at < length && next < _leaves.Count;)
        {
            var count = await ReadAsync(at, buffer.AsMemory(0, (int)Math.Min(length - at, PieceSize)), cancellationToken);
            for (var from = at; next < _leaves.Count;)
            {
                var leaf = _leaves[next];
                from = Math.Max(from, leaf.Part.BodyStart);
                var to = Math.Min(at + count, leaf.Part.End);
                if (from < to)
                    leaf.HasNul |= buffer.AsSpan((int)(from - at), (int)(to - from)).Contains((byte)0);
                if (leaf.Part.End > at + count)
                    break;
                next++;
            }

            at += count;
        }
    }

    private async ValueTask CopyAsync(long to, byte[] buffer, CancellationToken cancellationToken)
    {
        while (_position < to)
        {
            var count = await ReadAsync(_position, buffer.AsMemory(0, (int)Math.Min(to - _position, PieceSize)), cancellationToken);
            buffer.AsSpan(0, count).Replace((byte)0, (byte)'?');
            await output.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            _position += count;
        }
    }

    private async ValueTask WriteHeaderAsync(Leaf leaf, CancellationToken cancellationToken)
    {
        var header = new byte[leaf.Part.BodyStart - leaf.Part.HeaderStart];
        for (var at = 0; at < header.Length;)
            at += await ReadAsync(_position + at, header.AsMemory(at), cancellationToken);
        header.AsSpan().Replace((byte)0, (byte)'?');
        await output.WriteAsync(Relabel(header, leaf.IsMessage), cancellationToken);
        _position = leaf.Part.BodyStart;
    }

    private static ReadOnlyMemory<byte> Relabel(ReadOnlySpan<byte> header, bool isMessage)
    {
        var written = new ArrayBufferWriter<byte>(header.Length + 64);
        var consumed = 0;
        var isLabelled = false;
        var isMime = false;
        foreach (var field in HeaderFields.Enumerate(header))
        {
            consumed += field.Raw.Length;
            isMime |= field.IsNamed("MIME-Version"u8);
            if (!field.IsNamed("Content-Transfer-Encoding"u8))
                written.Write(field.Raw);
            else if (!isLabelled)
                Label(ref isLabelled);
        }

        if (!isMime && isMessage)
            written.Write("MIME-Version: 1.0\r\n"u8);
        if (!isLabelled)
            Label(ref isLabelled);
        written.Write(header[consumed..]);
        return written.WrittenMemory;

        void Label(ref bool done)
        {
            written.Write("Content-Transfer-Encoding: base64\r\n"u8);
            done = true;
        }
    }

    private async ValueTask EncodeAsync(MimePart part, byte[] buffer, CancellationToken cancellationToken)
    {
        var encoded = ArrayPool<byte>.Shared.Rent(LinesPerPiece * 78);
        try
        {
            while (_position < part.End)
            {
                var wanted = (int)Math.Min(part.End - _position, PieceSize);
                for (var filled = 0; filled < wanted;)
                    filled += await ReadAsync(_position + filled, buffer.AsMemory(filled, wanted - filled), cancellationToken);
                _position += wanted;

                // The line break before a boundary stands in the message already
                var endsLine = _position < part.End || part.End == length;
                await output.WriteAsync(encoded.AsMemory(0, Encode(buffer.AsSpan(0, wanted), encoded, endsLine)), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(encoded);
        }
    }

    private static int Encode(ReadOnlySpan<byte> bytes, Span<byte> encoded, bool endsLine)
    {
        var at = 0;
        while (!bytes.IsEmpty)
        {
            var line = bytes[..Math.Min(bytes.Length, BytesPerLine)];
            bytes = bytes[line.Length..];
            Base64.EncodeToUtf8(line, encoded[at..], out _, out var written);
            at += written;
            if (bytes.IsEmpty && !endsLine)
                break;
            "\r\n"u8.CopyTo(encoded[at..]);
            at += 2;
        }

        return at;
    }

    private async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var count = await read(offset, buffer, cancellationToken);
        return count > 0 ? count : throw new IOException("A staged message is shorter than what was written to it");
    }
}
