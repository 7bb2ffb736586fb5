using System.Buffers;
using System.Text;

namespace Sora.Relay.Smtp;

/// <summary>
/// A message for a server without 8BITMIME (RFC 6152 section 3): parts with octets from 128 on are encoded as quoted-printable, and everything else stays as it is.
/// A message is read twice. The first time nothing is written, and the encoder learns which parts need it; the second time it writes.
/// </summary>
internal sealed class SevenBitEncoder
{
    // A header or an alleged delimiter beyond that is passed on as it is
    private const int MaxHeader = 256 * 1024;
    private const int MaxDelimiter = 1000;
    private const int MaxDepth = 100;

    private readonly List<bool> _needsEncoding = [];
    private readonly List<byte[]> _boundaries = [];
    private readonly ArrayBufferWriter<byte> _header = new();
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly QuotedPrintableWriter _writer = new();
    private IBufferWriter<byte>? _output;
    private PartState _state;
    private bool _isLineKept;
    private int _part;

    private enum PartState
    {
        Header,
        Body,
        EncodedBody,
        Between,
    }

    private bool IsWriting => _output is not null;

    /// <summary>Begins to read the message, again.</summary>
    /// <param name="output">Where to write it; null for the first time.</param>
    public void Begin(IBufferWriter<byte>? output)
    {
        _output = output;
        _state = PartState.Header;
        _boundaries.Clear();
        _header.ResetWrittenCount();
        _line.ResetWrittenCount();
        _isLineKept = true;
        _part = -1;
    }

    /// <summary>Takes a piece.</summary>
    public void Add(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            var end = piece.IndexOf((byte)'\n');
            var part = end < 0 ? piece : piece[..(end + 1)];
            piece = piece[part.Length..];
            if (_isLineKept)
            {
                // Lines of headers, and those that may be delimiters, are looked at as a whole
                _line.Write(part);
                if (_state != PartState.Header && !MayBeDelimiter(_line.WrittenSpan))
                    Flush(_line.WrittenSpan);
                else if (end >= 0)
                    TakeLine(_line.WrittenSpan);
            }
            else
            {
                Body(part);
            }

            if (end >= 0)
            {
                _line.ResetWrittenCount();
                _isLineKept = true;
            }
        }
    }

    /// <summary>Ends the message.</summary>
    public void Finish()
    {
        if (_isLineKept && _line.WrittenCount > 0)
            TakeLine(_line.WrittenSpan);
        if (_state == PartState.Header)
            EndHeader([]);
        if (IsWriting && _state == PartState.EncodedBody)
            _writer.Finish(_output!);
    }

    private bool MayBeDelimiter(ReadOnlySpan<byte> line) =>
        _boundaries.Count > 0 && line.Length <= MaxDelimiter && line[0] == '-' && (line.Length == 1 || line[1] == '-');

    private void Flush(ReadOnlySpan<byte> line)
    {
        Body(line);
        _line.ResetWrittenCount();
        _isLineKept = false;
    }

    private void TakeLine(ReadOnlySpan<byte> line)
    {
        if (TryDelimiter(line))
            return;
        if (_state != PartState.Header)
        {
            Body(line);
        }
        else if (line.Trim("\r\n"u8).IsEmpty)
        {
            EndHeader(line);
        }
        else
        {
            _header.Write(line);
            if (_header.WrittenCount > MaxHeader)
                EndHeader([]);
        }
    }

    private void Body(ReadOnlySpan<byte> bytes)
    {
        if (!IsWriting)
        {
            if (_state == PartState.Body && !_needsEncoding[_part])
                _needsEncoding[_part] = !Ascii.IsValid(bytes);
        }
        else if (_state == PartState.EncodedBody)
        {
            _writer.Write(bytes, _output!);
        }
        else
        {
            _output!.Write(bytes);
        }
    }

    /// <summary>dash-boundary and close-delimiter of RFC 2046 section 5.1.1; an outer one ends what is inside.</summary>
    private bool TryDelimiter(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("--"u8))
            return false;
        var text = line[2..].TrimEnd(" \t\r\n"u8);
        for (var depth = _boundaries.Count - 1; depth >= 0; depth--)
        {
            ReadOnlySpan<byte> boundary = _boundaries[depth];
            var isClose = text.Length == boundary.Length + 2 && text.EndsWith("--"u8) && text.StartsWith(boundary);
            if (!isClose && !text.SequenceEqual(boundary))
                continue;
            if (_state == PartState.Header)
                EndHeader([]);
            if (IsWriting && _state == PartState.EncodedBody)
                _writer.Finish(_output!);
            _boundaries.RemoveRange(isClose ? depth : depth + 1, _boundaries.Count - (isClose ? depth : depth + 1));
            _state = isClose ? PartState.Between : PartState.Header;
            if (IsWriting)
                _output!.Write(line);
            return true;
        }

        return false;
    }

    private void EndHeader(ReadOnlySpan<byte> emptyLine)
    {
        var fields = PartFields.Read(_header.WrittenSpan);
        _part++;
        if (!IsWriting)
            _needsEncoding.Add(false);
        var isContainer = fields.Boundary is not null || fields.IsMessage;
        var encodes = IsWriting && !isContainer && fields.IsIdentity && _needsEncoding[_part];
        if (IsWriting)
        {
            fields.Write(_header.WrittenSpan, encodes, isContainer, _output!);
            _output!.Write(emptyLine);
        }

        _header.ResetWrittenCount();
        _state = encodes ? PartState.EncodedBody : PartState.Body;
        if (fields.Boundary is { } boundary && _boundaries.Count < MaxDepth)
        {
            _boundaries.Add(boundary);
            _state = PartState.Between;
        }
        else if (fields.IsMessage)
        {
            // The header of the message in it comes next
            _state = PartState.Header;
        }
    }
}
