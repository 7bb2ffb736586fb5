using System.Security.Cryptography;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;

namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>
/// The body of a request, hashed as it leaves. The last piece leaves only when size and hash are right: what is cut off before its end is not stored.
/// Does not own the stream it reads.
/// </summary>
internal sealed class UploadStream : Stream
{
    private readonly Stream _inner;
    private readonly long _size;
    private readonly ContentHash? _name;
    private readonly S3Attempt _attempt;
    private readonly IncrementalHash? _md5;
    private readonly byte[] _digest;
    private readonly Blake3Hasher _hasher = new();
    private long _position;

    /// <param name="size">What there must be, in bytes.</param>
    /// <param name="name">What the bytes must hash to; null when that is known, or anything is right.</param>
    /// <param name="md5">Their MD5 when it is known.</param>
    public UploadStream(Stream inner, long size, ContentHash? name, S3Attempt attempt, byte[]? md5 = null)
    {
        _inner = inner;
        _size = size;
        _name = name;
        _attempt = attempt;
        _digest = md5 ?? new byte[MD5.HashSizeInBytes];
        _md5 = md5 is null ? ETags.NewMd5() : null;
        if (size == 0)
            Finish();
    }

    /// <summary>Why the body could not be read, or is not what it must be.</summary>
    public Exception? Error { get; private set; }

    /// <summary>The MD5 of everything, once everything has left.</summary>
    public ReadOnlySpan<byte> Md5 => _digest;

    public override bool CanRead => true;

    /// <summary>What needs no hashing may be read twice: the SDK wants that of parts.</summary>
    public override bool CanSeek => _md5 is null && _name is null && _inner.CanSeek;

    public override bool CanWrite => false;

    public override long Length => _size;

    public override long Position
    {
        get => _position;
        set => Seek(value, SeekOrigin.Begin);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        try
        {
            buffer = buffer[..(int)Math.Min(buffer.Length, _size - _position)];
            if (buffer.IsEmpty)
                return 0;
            var read = Take(buffer[.._inner.Read(buffer)]);
            if (_position == _size)
                Finish(_inner.ReadByte() >= 0);
            return read;
        }
        catch (Exception e)
        {
            Error = e;
            throw;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            buffer = buffer[..(int)Math.Min(buffer.Length, _size - _position)];
            if (buffer.IsEmpty)
                return 0;
            var read = await _inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            Take(buffer.Span[..read]);
            if (_position == _size)
                Finish(await _inner.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false) > 0);
            return read;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Error = e;
            throw;
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin)
    {
        if (!CanSeek)
            throw new NotSupportedException();
        return _position = _inner.Seek(offset, origin);
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _md5?.Dispose();
        base.Dispose(disposing);
    }

    private int Take(ReadOnlySpan<byte> piece)
    {
        if (piece.IsEmpty)
            BodyHash.CheckSize(_position, _size);
        if (_name is not null)
            _hasher.Update(piece);
        _md5?.AppendData(piece);
        _position += piece.Length;
        _attempt.Progress();
        return piece.Length;
    }

    private void Finish(bool hasMore = false)
    {
        if (hasMore)
            BodyHash.CheckSize(_size + 1, _size);
        if (_name is { } name)
        {
            Span<byte> actual = stackalloc byte[Blake3Hasher.HashLength];
            _hasher.Finalize(actual);
            BodyHash.Compare(actual, name);
        }

        _md5?.GetHashAndReset(_digest);
        _attempt.Sent();
    }
}
