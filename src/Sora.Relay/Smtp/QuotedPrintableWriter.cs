using System.Buffers;

namespace Sora.Relay.Smtp;

/// <summary>Writes text as quoted-printable (RFC 2045 section 6.7), in pieces of any length; its line ends stay line ends.</summary>
internal sealed class QuotedPrintableWriter
{
    // With the "=" of a soft line break a line has 76 characters
    private const int LineLength = 75;

    private int _column;

    // A blank or CR waits for what comes after it, 0 when there is none
    private byte _held;

    public void Write(ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        foreach (var octet in bytes)
        {
            if (octet == '\n')
            {
                // A blank at the end of a line would get lost on the way, and a CR there is the line's end
                if (_held is not ((byte)'\r' or 0))
                    Encode(_held, output);
                _held = 0;
                output.Write("\r\n"u8);
                _column = 0;
                continue;
            }

            Release(output, isEnd: octet == '\r');
            if (octet is (byte)' ' or (byte)'\t' or (byte)'\r')
                _held = octet;
            else if (octet is > (byte)' ' and < 0x7F and not (byte)'=')
                Append([octet], output);
            else
                Encode(octet, output);
        }
    }

    /// <summary>Ends the part.</summary>
    public void Finish(IBufferWriter<byte> output)
    {
        Release(output, isEnd: true);
        _column = 0;
    }

    private void Release(IBufferWriter<byte> output, bool isEnd)
    {
        var held = _held;
        _held = 0;
        if (held == 0)
            return;

        // A CR that is not before a LF is no line's end; a blank may be before one
        if (held == '\r' || isEnd)
            Encode(held, output);
        else
            Append([held], output);
    }

    private void Encode(byte octet, IBufferWriter<byte> output) =>
        Append([(byte)'=', (byte)"0123456789ABCDEF"[octet >> 4], (byte)"0123456789ABCDEF"[octet & 15]], output);

    private void Append(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        if (_column + text.Length > LineLength)
        {
            output.Write("=\r\n"u8);
            _column = 0;
        }

        output.Write(text);
        _column += text.Length;
    }
}
