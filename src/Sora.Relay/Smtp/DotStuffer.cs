namespace Sora.Relay.Smtp;

/// <summary>
/// A message as DATA sends it (RFC 5321 section 4.5.2): a dot before each line that begins with one, and no CR or LF that is not part of a CRLF
/// (section 2.3.8), because a server that takes one for a line's end could be made to see the end of the message in the midst of it.
/// </summary>
internal sealed class DotStuffer
{
    private bool _atLineStart = true;
    private bool _afterCr;

    /// <summary>Room that is needed for a piece of a message.</summary>
    public static int MaxLength(int length) => (2 * length) + 5;

    /// <summary>Writes a piece and returns how many bytes it became.</summary>
    public int Write(ReadOnlySpan<byte> piece, Span<byte> output)
    {
        var written = 0;
        while (!piece.IsEmpty)
        {
            if (_afterCr)
            {
                // A CR alone was no line's end for whoever wrote it, but it may be one for whoever reads it
                _afterCr = false;
                if (piece[0] == '\n')
                    piece = piece[1..];
                written += EndLine(output[written..]);
                continue;
            }

            if (_atLineStart && piece[0] == '.')
                output[written++] = (byte)'.';
            var end = piece.IndexOfAny((byte)'\r', (byte)'\n');
            var text = end < 0 ? piece : piece[..end];
            text.CopyTo(output[written..]);
            written += text.Length;
            _atLineStart &= text.IsEmpty;
            if (end < 0)
                break;
            if (piece[end] == '\n')
                written += EndLine(output[written..]);
            else
                _afterCr = true;
            piece = piece[(end + 1)..];
        }

        return written;
    }

    /// <summary>Writes the end of the message and returns its length.</summary>
    public int Finish(Span<byte> output)
    {
        var written = 0;
        if (_afterCr || !_atLineStart)
            written = EndLine(output);
        _afterCr = false;
        ".\r\n"u8.CopyTo(output[written..]);
        return written + 3;
    }

    private int EndLine(Span<byte> output)
    {
        "\r\n"u8.CopyTo(output);
        _atLineStart = true;
        return 2;
    }
}
