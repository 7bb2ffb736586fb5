using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;

namespace Sora.Mailstore.Tests.Bodies.Encoded;

/// <summary>Many bytes that take no memory: a piece of text, over and over.</summary>
internal sealed class PatternStream(long size) : Stream
{
    private static readonly byte[] Pattern = CodecSetup.Text(1 << 20);
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => size;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public static ContentHash HashOf(long size)
    {
        using var stream = new PatternStream(size);
        var hasher = new Blake3Hasher();
        var buffer = new byte[65536];
        while (stream.Read(buffer) is > 0 and var count)
            hasher.Update(buffer.AsSpan(0, count));
        var hash = new byte[32];
        hasher.Finalize(hash);
        return ContentHash.From(hash);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var at = (int)(_position % Pattern.Length);
        var count = (int)Math.Min(Math.Min(buffer.Length, Pattern.Length - at), size - _position);
        Pattern.AsSpan(at, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
