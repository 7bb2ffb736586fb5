using System.Buffers;
using System.IO.Pipelines;

namespace Sora.Gateway.Pop3.Wire;

/// <summary>
/// Writes a message as lines of an answer (RFC 1939 section 3): each ends with CRLF, whatever it ended with, and one that begins with a dot gets another one
/// before it. Takes the message in pieces of any size.
/// </summary>
/// <param name="bodyLines">Lines that are written of the body (TOP); null for all.</param>
internal sealed class DotStuffer(PipeWriter output, int? bodyLines = null)
{
    private int _linesLeft = bodyLines ?? int.MaxValue;
    private bool _inHeader = bodyLines is not null;
    private long _line; // octets of the line that has begun
    private bool _afterCr;

    /// <summary>Octets written, without the dots that were put before lines.</summary>
    public long Octets { get; private set; }

    /// <summary>All lines that were asked for are written.</summary>
    public bool IsDone => !_inHeader && _linesLeft == 0;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        // A line of LF alone becomes two octets, one of dot and LF four
        var destination = output.GetSpan(bytes.Length * 2 + 1);
        var written = 0;
        var dots = 0;
        while (!bytes.IsEmpty && !IsDone)
        {
            if (_line == 0 && bytes[0] == '.')
            {
                destination[written++] = (byte)'.';
                dots++;
            }

            var end = bytes.IndexOf((byte)'\n');
            var text = end < 0 ? bytes : bytes[..end];
            text.CopyTo(destination[written..]);
            written += text.Length;
            _line += text.Length;
            if (!text.IsEmpty)
                _afterCr = text[^1] == '\r';
            if (end < 0)
                break;
            if (!_afterCr)
                destination[written++] = (byte)'\r';
            destination[written++] = (byte)'\n';
            EndLine();
            bytes = bytes[(end + 1)..];
        }

        output.Advance(written);
        Octets += written - dots;
    }

    /// <summary>Ends the last line, and the answer.</summary>
    public void Complete()
    {
        if (_line > 0)
        {
            output.Crlf();
            Octets += 2;
        }

        output.EndOfLines();
    }

    private void EndLine()
    {
        if (!_inHeader)
            _linesLeft -= _linesLeft == int.MaxValue ? 0 : 1;
        else if (_line == (_afterCr ? 1 : 0))
            _inHeader = false;
        _line = 0;
        _afterCr = false;
    }
}
