using System.Buffers;
using System.IO.Pipelines;

namespace Sora.Gateway.Pop3.Wire;

/// <summary>
/// Writes a message as lines of an answer (RFC 1939 section 3): each ends with CRLF, whatever it ended with, and one that begins with a dot gets another one
/// before it. Takes the message in pieces of any size; what is in order already is copied in one go.
/// </summary>
internal sealed class DotStuffer
{
    /// <summary>Octets that <see cref="Complete"/> writes at most.</summary>
    public const int EndSize = 5;

    private PipeWriter _output = null!;
    private int _linesLeft;
    private bool _inHeader;
    private long _line; // octets of the line that has begun
    private bool _afterCr;

    /// <summary>Octets written, without the dots that were put before lines.</summary>
    public long Octets { get; private set; }

    /// <summary>All lines that were asked for are written.</summary>
    public bool IsDone => !_inHeader && _linesLeft == 0;

    /// <summary>What a piece becomes at most: a line of LF alone becomes two octets, one of dot and LF four.</summary>
    public static int MostOf(int octets) => (octets * 2) + 1;

    /// <summary>Begins a message.</summary>
    /// <param name="bodyLines">Lines that are written of the body (TOP); null for all.</param>
    public void Begin(PipeWriter output, int? bodyLines = null)
    {
        _output = output;
        _linesLeft = bodyLines ?? int.MaxValue;
        _inHeader = bodyLines is not null;
        _line = 0;
        _afterCr = false;
        Octets = 0;
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        var destination = _output.GetSpan(MostOf(bytes.Length));
        var (written, dots) = (0, 0);
        var (copied, at) = (0, 0);
        while (at < bytes.Length && !IsDone)
        {
            if (_line == 0 && bytes[at] == '.')
            {
                Copy(bytes[copied..at], destination, ref written);
                copied = at;
                destination[written++] = (byte)'.';
                dots++;
            }

            var length = bytes[at..].IndexOf((byte)'\n');
            var end = length < 0 ? bytes.Length : at + length;
            if (end > at)
            {
                _line += end - at;
                _afterCr = bytes[end - 1] == '\r';
            }

            at = end;
            if (length < 0)
                break;
            if (!_afterCr)
            {
                Copy(bytes[copied..at], destination, ref written);
                copied = at;
                destination[written++] = (byte)'\r';
            }

            at++;
            EndLine();
        }

        Copy(bytes[copied..at], destination, ref written);
        _output.Advance(written);
        Octets += written - dots;
    }

    /// <summary>Ends the last line, and the answer.</summary>
    public void Complete()
    {
        if (_line > 0)
        {
            _output.Crlf();
            Octets += 2;
        }

        _output.EndOfLines();
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

    private static void Copy(ReadOnlySpan<byte> bytes, Span<byte> destination, ref int written)
    {
        bytes.CopyTo(destination[written..]);
        written += bytes.Length;
    }
}
