using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;

namespace Sora.Mailstore.Bodies.Encoded;

/// <summary>
/// Reads as an encoded object what it reads as a plain body, one chunk at a time. Before the last chunk is given away the body is known to
/// have the size and the hash that it should have. Owns the plain stream.
/// </summary>
internal sealed class EncodingStream : PullStream
{
    /// <summary>A body is compressed when its first chunk becomes smaller by at least this part of it.</summary>
    private const int LeastGain = 16;

    private readonly Stream _plain;
    private readonly ContentHash _hash;
    private readonly BodyKey? _key;
    private readonly int _level;
    private readonly Blake3Hasher _hasher = new();
    private readonly byte[] _one = new byte[1];
    private EncodingHeader _header;
    private ChunkCipher? _cipher;
    private byte[] _chunk; // plain bytes of a body that may be compressed
    private byte[] _output;
    private byte[]? _table;
    private int _start;
    private int _end;
    private long _next;
    private bool _isEnded;

    public EncodingStream(Stream plain, ContentHash hash, EncodingHeader header, BodyKey? key, int level)
    {
        _plain = plain;
        _hash = hash;
        _header = header;
        _key = key;
        _level = level;
        var chunk = (int)Math.Min(header.ChunkSize, header.Size);
        _chunk = header.HasLengths ? ArrayPool<byte>.Shared.Rent(chunk) : [];
        _output = ArrayPool<byte>.Shared.Rent(EncodingHeader.Length + sizeof(uint) + chunk + ChunkCipher.TagLength);
    }

    public override int Read(Span<byte> buffer)
    {
        while (_start == _end)
        {
            if (_isEnded)
                return 0;
            var target = Target();
            var count = target.IsEmpty ? 0 : _plain.ReadAtLeast(target.Span, target.Length, throwOnEndOfStream: false);
            Check(count, target.Length);
            if (IsAtLast)
                Check(target.Length + _plain.Read(_one), target.Length);
            Encode(target.Span);
        }

        return Give(buffer);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_start == _end)
        {
            if (_isEnded)
                return 0;
            var target = Target();
            var count = target.IsEmpty ? 0 : await _plain.ReadAtLeastAsync(target, target.Length, throwOnEndOfStream: false, cancellationToken);
            Check(count, target.Length);
            if (IsAtLast)
                Check(target.Length + await _plain.ReadAsync(_one, cancellationToken), target.Length);
            Encode(target.Span);
        }

        return Give(buffer.Span);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _plain.Dispose();
            _cipher?.Dispose();
            _isEnded = true;
            _start = _end = 0;
            Return(ref _chunk);
            Return(ref _output);
            if (_table is not null)
                Return(ref _table);
        }

        base.Dispose(disposing);
    }

    private bool IsAtLast => _next == _header.ChunkCount - 1;

    // Chunks that are not compressed are read to where they are given from.
    private Memory<byte> Target()
    {
        if (_next == _header.ChunkCount)
            return default; // the table
        var length = _header.PlainLength(_next);
        return _header.HasLengths ? _chunk.AsMemory(0, length) : _output.AsMemory(_next == 0 ? EncodingHeader.Length : 0, length);
    }

    private void Check(int count, int length)
    {
        if (count != length)
            BodyHash.CheckSize((_next << _header.ChunkBits) + count, _header.Size);
    }

    private void Encode(Span<byte> plain)
    {
        _start = 0;
        if (_next == _header.ChunkCount)
        {
            EncodeTable();
            return;
        }

        _hasher.Update(plain);
        var isLast = IsAtLast;
        if (isLast)
            CheckHash();
        var compressed = _header.HasLengths ? Compress(plain) : 0;
        if (_next == 0)
            Begin(plain, compressed);
        var position = _next == 0 ? EncodingHeader.Length : 0;
        var length = 0u;
        var stored = plain.Length;
        if (_header.HasLengths)
        {
            stored = compressed > 0 ? compressed : plain.Length;
            length = ChunkTable.Word(stored, compressed > 0);
            if (compressed == 0)
                plain.CopyTo(_output.AsSpan(position + sizeof(uint)));
            BinaryPrimitives.WriteUInt32BigEndian(_output.AsSpan(position), length);
            if (_table is not null)
                BinaryPrimitives.WriteUInt32BigEndian(_table.AsSpan((int)_next * sizeof(uint)), length);
            position += sizeof(uint);
        }

        var data = _output.AsSpan(position, stored);
        _cipher!.Seal(_next, isLast ? ChunkPlace.Last : ChunkPlace.Middle, length, data, [], _output.AsSpan(position + stored, ChunkCipher.TagLength));
        _end = position + stored + ChunkCipher.TagLength;
        _next++;
        _isEnded = isLast && _table is null;
    }

    private int Compress(ReadOnlySpan<byte> plain)
    {
        var position = (_next == 0 ? EncodingHeader.Length : 0) + sizeof(uint);
        return ChunkCompressor.Compress(_header.Compression, _level, plain, _output, position, Math.Max(0, plain.Length - 1));
    }

    // The first chunk tells whether compression is worth a table; then the header is final.
    private void Begin(ReadOnlySpan<byte> plain, int compressed)
    {
        if (_header.HasLengths && (compressed == 0 || compressed + sizeof(uint) > plain.Length - (plain.Length / LeastGain)))
        {
            _header = _header with { Compression = BodyCompression.None };
            plain.CopyTo(_output.AsSpan(EncodingHeader.Length));
        }

        Span<byte> salt = stackalloc byte[EncodingHeader.SaltLength];
        salt.Clear();
        if (_key is not null)
            RandomNumberGenerator.Fill(salt);
        _header.Write(_output, _key is null ? [] : _key.Check, salt);
        _cipher = new ChunkCipher(_output, _hash, _key);
        if (ChunkTable.IsNeeded(_header))
            _table = ArrayPool<byte>.Shared.Rent(ChunkTable.SizeOf(_header));
    }

    private void EncodeTable()
    {
        var size = ChunkTable.SizeOf(_header);
        var table = _table.AsSpan(0, size - ChunkCipher.TagLength);
        _cipher!.Seal(_next, ChunkPlace.Table, 0, [], table, _table.AsSpan(table.Length, ChunkCipher.TagLength));
        Return(ref _output);
        _output = _table!;
        _table = null;
        _end = size;
        _isEnded = true;
    }

    private void CheckHash()
    {
        Span<byte> actual = stackalloc byte[Blake3Hasher.HashLength];
        _hasher.Finalize(actual);
        BodyHash.Compare(actual, _hash);
    }

    private int Give(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _end - _start);
        _output.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    private static void Return(ref byte[] buffer)
    {
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
    }
}
