using System.Buffers;
using System.Buffers.Binary;

namespace Sora.Mailstore.Bodies.Encoded;

/// <summary>
/// Reads an encoded object as a plain body, or as a range of one. No byte is given away before its chunk was opened; of a whole body also
/// the end is looked at before the last chunk is. Owns the encoded stream and the cipher. It is read asynchronously only.
/// </summary>
internal sealed class DecodingStream : PullStream
{
    private readonly Stream _encoded;
    private readonly EncodingHeader _header;
    private readonly ChunkCipher _cipher;
    private readonly ChunkTable? _table; // of a whole body: what its table must be
    private readonly byte[] _word = new byte[sizeof(uint)];
    private readonly bool _isWhole;
    private byte[] _stored;
    private byte[] _expanded;
    private ReadOnlyMemory<byte> _plain;
    private long _next;
    private int _skip;
    private long _left;

    /// <param name="encoded">The object's bytes from the chunk that <paramref name="offset"/> is in.</param>
    /// <param name="header">Its header.</param>
    /// <param name="cipher">Opens its chunks.</param>
    /// <param name="offset">Where in the plain body the range begins.</param>
    /// <param name="count">Its length; it ends within the body.</param>
    /// <param name="isWhole">It is the whole body, and the stream goes on to the object's end.</param>
    public DecodingStream(Stream encoded, EncodingHeader header, ChunkCipher cipher, long offset, long count, bool isWhole)
    {
        _encoded = encoded;
        _header = header;
        _cipher = cipher;
        _isWhole = isWhole;
        _next = offset >> header.ChunkBits;
        _skip = (int)(offset & (header.ChunkSize - 1));
        _left = count;
        _table = isWhole && ChunkTable.IsNeeded(header) ? new ChunkTable(header) : null;
        var chunk = (int)Math.Min(header.ChunkSize, header.Size);
        _stored = ArrayPool<byte>.Shared.Rent(chunk + ChunkCipher.TagLength);
        _expanded = header.HasLengths ? ArrayPool<byte>.Shared.Rent(chunk) : [];
    }

    public override int Read(Span<byte> buffer) => throw new NotSupportedException();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        while (_plain.IsEmpty)
        {
            if (_left == 0 && !(_isWhole && _next < _header.ChunkCount))
                return 0;
            await OpenNextAsync(cancellationToken);
        }

        var count = Math.Min(buffer.Length, _plain.Length);
        _plain[..count].CopyTo(buffer);
        _plain = _plain[count..];
        _left -= count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _encoded.Dispose();
            _cipher.Dispose();
            _table?.Dispose();
            _plain = default;
            _left = 0;
            _next = _header.ChunkCount;
            Return(ref _stored);
            Return(ref _expanded);
        }

        base.Dispose(disposing);
    }

    private async ValueTask OpenNextAsync(CancellationToken cancellationToken)
    {
        var chunk = _next;
        var plainLength = _header.PlainLength(chunk);
        var length = plainLength;
        var isCompressed = false;
        var word = 0u;
        if (_header.HasLengths)
        {
            await FillAsync(_word, cancellationToken);
            word = BinaryPrimitives.ReadUInt32BigEndian(_word);
            if (!ChunkTable.TryReadWord(word, plainLength, out length, out isCompressed))
                throw Damaged(chunk);
        }

        await FillAsync(_stored.AsMemory(0, length + ChunkCipher.TagLength), cancellationToken);
        var plain = Open(chunk, word, length, plainLength, isCompressed);
        if (_isWhole)
        {
            if (_table is not null)
                _table[chunk] = word;
            if (chunk == _header.ChunkCount - 1)
                await CheckEndAsync(cancellationToken);
        }

        _next = chunk + 1;
        _plain = plain[_skip..];
        _skip = 0;
        if (_plain.Length > _left)
            _plain = _plain[..(int)_left];
    }

    private ReadOnlyMemory<byte> Open(long chunk, uint word, int length, int plainLength, bool isCompressed)
    {
        var place = chunk == _header.ChunkCount - 1 ? ChunkPlace.Last : ChunkPlace.Middle;
        if (!_cipher.TryOpen(chunk, place, word, _stored.AsSpan(0, length), [], _stored.AsSpan(length, ChunkCipher.TagLength)))
            throw Damaged(chunk);
        if (!isCompressed)
            return _stored.AsMemory(0, length);
        return ChunkCompressor.TryExpand(_header.Compression, _stored, length, _expanded.AsSpan(0, plainLength))
            ? _expanded.AsMemory(0, plainLength)
            : throw Damaged(chunk);
    }

    private async ValueTask CheckEndAsync(CancellationToken cancellationToken)
    {
        if (_table is not null)
        {
            var buffer = _table.Buffer;
            var found = ArrayPool<byte>.Shared.Rent(buffer.Length);
            try
            {
                await FillAsync(found.AsMemory(0, buffer.Length), cancellationToken);
                found.AsSpan(buffer.Length - ChunkCipher.TagLength, ChunkCipher.TagLength).CopyTo(buffer.Span[^ChunkCipher.TagLength..]);
                if (!found.AsSpan(0, buffer.Length).SequenceEqual(buffer.Span) || !_table.IsSealed(_cipher, _header))
                    throw new BodyDamagedException("its table is damaged");
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(found);
            }
        }

        if (await _encoded.ReadAsync(_word.AsMemory(0, 1), cancellationToken) != 0)
            throw new BodyDamagedException("more follows its last chunk");
    }

    private async ValueTask FillAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        if (await _encoded.ReadAtLeastAsync(target, target.Length, throwOnEndOfStream: false, cancellationToken) != target.Length)
            throw new BodyDamagedException("it is cut off");
    }

    private static BodyDamagedException Damaged(long chunk) => new($"its chunk {chunk} is not what was stored");

    private static void Return(ref byte[] buffer)
    {
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
    }
}
