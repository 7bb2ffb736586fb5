using System.Buffers;

namespace Sora.Gateway.Imap.Fetch;

/// <summary>Counts bytes and keeps none.</summary>
internal sealed class CountingWriter : IBufferWriter<byte>
{
    private byte[] _scratch = new byte[4096];

    public long Count { get; private set; }

    public bool HasNul { get; private set; }

    public void Advance(int count)
    {
        HasNul |= _scratch.AsSpan(0, count).Contains((byte)0);
        Count += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (sizeHint > _scratch.Length)
            _scratch = new byte[sizeHint];
        return _scratch;
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}

/// <summary>Passes on the bytes <paramref name="skip"/> to <paramref name="skip"/> + <paramref name="count"/> of what is written.</summary>
internal sealed class SlicingWriter(IBufferWriter<byte> output, long skip, long count) : IBufferWriter<byte>
{
    private byte[] _scratch = new byte[4096];
    private long _skip = skip;
    private long _left = count;

    public void Advance(int count)
    {
        var skipped = (int)Math.Min(_skip, count);
        _skip -= skipped;
        var taken = (int)Math.Min(_left, count - skipped);
        _left -= taken;
        output.Write(_scratch.AsSpan(skipped, taken));
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (sizeHint > _scratch.Length)
            _scratch = new byte[sizeHint];
        return _scratch;
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
