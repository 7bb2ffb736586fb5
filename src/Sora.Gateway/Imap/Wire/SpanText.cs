using System.Buffers.Text;
using System.Text;

namespace Sora.Gateway.Imap.Wire;

/// <summary>Appends protocol text to a span that is known to be large enough.</summary>
internal ref struct SpanText(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    public int Length { get; private set; }

    public void DropLast() => Length--;

    public void Append(byte value) => _destination[Length++] = value;

    public void Append(ReadOnlySpan<byte> value)
    {
        value.CopyTo(_destination[Length..]);
        Length += value.Length;
    }

    public void Append(long value)
    {
        Utf8Formatter.TryFormat(value, _destination[Length..], out var written);
        Length += written;
    }

    /// <summary>Appends ASCII text; one byte for each character.</summary>
    public void Append(string ascii)
    {
        Ascii.FromUtf16(ascii, _destination[Length..], out var written);
        Length += written;
    }
}
