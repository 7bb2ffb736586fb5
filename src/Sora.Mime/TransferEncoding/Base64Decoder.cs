using System.Buffers;
using System.Buffers.Text;

namespace Sora.Mime;

/// <summary>
/// base64 (RFC 2045 section 6.8). Bytes outside the alphabet are skipped; after padding a new run begins, as in bodies that
/// were put together from several.
/// </summary>
internal sealed class Base64Decoder
{
    private static readonly SearchValues<byte> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);

    private readonly byte[] _buffer = new byte[4096];
    private int _length;
    private int _missingPadding;

    public bool HasErrors { get; private set; }

    public void Decode(ReadOnlySpan<byte> input, IBufferWriter<byte> output)
    {
        while (!input.IsEmpty)
        {
            int run = input.IndexOfAnyExcept(Alphabet);
            if (run != 0)
            {
                if (_missingPadding > 0)
                {
                    HasErrors = true;
                    _missingPadding = 0;
                }
                int take = Math.Min(run < 0 ? input.Length : run, _buffer.Length - _length);
                input[..take].CopyTo(_buffer.AsSpan(_length));
                _length += take;
                input = input[take..];
                if (_length == _buffer.Length)
                    Flush(output);
                continue;
            }
            byte other = input[0];
            input = input[1..];
            if (other == (byte)'=')
                Pad(output);
            else if (other is not ((byte)'\r' or (byte)'\n' or (byte)' ' or (byte)'\t'))
                HasErrors = true;
        }
    }

    public void Complete(IBufferWriter<byte> output)
    {
        if (_length % 4 != 0 || _missingPadding > 0)
            HasErrors = true;
        FlushAll(output);
    }

    public void Reset()
    {
        _length = 0;
        _missingPadding = 0;
        HasErrors = false;
    }

    private void Pad(IBufferWriter<byte> output)
    {
        if (_missingPadding > 0)
        {
            _missingPadding--;
            return;
        }
        int rest = _length % 4;
        if (rest < 2)
            HasErrors = true;
        else
            _missingPadding = 3 - rest;
        FlushAll(output);
    }

    private void FlushAll(IBufferWriter<byte> output)
    {
        int rest = _length % 4;
        // One sextet alone is no byte
        if (rest == 1)
            _length--;
        while (rest > 1 && _length % 4 != 0)
            _buffer[_length++] = (byte)'=';
        Flush(output);
    }

    private void Flush(IBufferWriter<byte> output)
    {
        if (_length == 0)
            return;
        var target = output.GetSpan(_length / 4 * 3);
        int last = _length - 4;
        if (_buffer[_length - 1] != (byte)'=')
            last = _length;
        Base64.DecodeFromUtf8(_buffer.AsSpan(0, last), target, out _, out int written, isFinalBlock: false);
        if (last < _length)
            written += DecodePadded(_buffer.AsSpan(last, 4), target[written..]);
        output.Advance(written);
        _length = 0;
    }

    // Own code for the last quantum: unused bits that are not zero are an error to the library, not to mail
    private static int DecodePadded(ReadOnlySpan<byte> quantum, Span<byte> target)
    {
        int bits = (Sextet(quantum[0]) << 18) | (Sextet(quantum[1]) << 12);
        target[0] = (byte)(bits >> 16);
        if (quantum[2] == (byte)'=')
            return 1;
        bits |= Sextet(quantum[2]) << 6;
        target[1] = (byte)(bits >> 8);
        return 2;
    }

    private static int Sextet(byte value) => value switch
    {
        >= (byte)'A' and <= (byte)'Z' => value - 'A',
        >= (byte)'a' and <= (byte)'z' => value - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => value - '0' + 52,
        (byte)'+' => 62,
        _ => 63,
    };
}
