using System.Diagnostics;

namespace Sora.Mime;

/// <summary>
/// Push parser of a message: takes its bytes in chunks of any size, in one pass and linear time, and gives its structure.
/// Never throws on any content. One thread at a time; reusable.
/// </summary>
/// <remarks>
/// Only a header is looked at line by line. In a body nothing matters but lines that begin with "--", which one vectorised
/// search finds, and the number of lines, which another counts; a body outside every multipart is only counted.
/// </remarks>
public sealed class MimeReader
{
    // The longest line that is held back whole at the end of a chunk; a longer line is no boundary and no empty line.
    private const int MaxHeldLine = 1024;

    private readonly MimeLimits _limits;
    private readonly OpenEntities _open;
    private readonly byte[] _held = new byte[MaxHeldLine];
    private int _heldLength;
    private byte[] _header = new byte[4096];
    private int _headerLength;
    private int _headerLimit;
    private int _structureBytesLeft;
    private bool _headerCut;
    private bool _inHeader;
    private bool _ignoreBoundaries;
    private bool _completed;

    private long _position;
    private long _newlines;
    private bool _atLineStart;
    private byte _lastByte;
    private int _lastBreak;

    private Envelope _envelope = Envelope.Empty;
    private byte[] _rootHeader = [];
    private bool _rootHeaderCut;

    /// <summary>Creates a reader.</summary>
    public MimeReader(MimeLimits? limits = null)
    {
        _limits = limits ?? MimeLimits.Default;
        _open = new OpenEntities(_limits);
        Reset();
    }

    /// <summary>Parses a message that is in memory.</summary>
    public static MimeMessage Parse(ReadOnlySpan<byte> message, MimeLimits? limits = null)
    {
        var reader = new MimeReader(limits);
        reader.Write(message);
        return reader.Complete();
    }

    /// <summary>Forgets everything written; buffers are kept for the next message.</summary>
    public void Reset()
    {
        _heldLength = 0;
        _structureBytesLeft = Math.Max(_limits.MaxStructureBytes, _limits.MaxHeaderBytes);
        _ignoreBoundaries = false;
        _completed = false;
        _position = 0;
        _newlines = 0;
        _atLineStart = true;
        _lastByte = 0;
        _lastBreak = 0;
        _envelope = Envelope.Empty;
        _rootHeader = [];
        _rootHeaderCut = false;
        _open.Clear();
        BeginEntity(EntityContext.Message);
    }

    /// <summary>Takes the next bytes of the message; they may be cut anywhere.</summary>
    /// <exception cref="InvalidOperationException">The message is complete and <see cref="Reset"/> was not called.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_completed)
            throw new InvalidOperationException("The message is complete; Reset comes before the next one.");
        while (_heldLength > 0 && !bytes.IsEmpty)
        {
            int take = Math.Min(bytes.Length, MaxHeldLine - _heldLength);
            int newline = bytes[..take].IndexOf((byte)'\n');
            if (newline >= 0)
                take = newline + 1;
            bytes[..take].CopyTo(_held.AsSpan(_heldLength));
            _heldLength += take;
            bytes = bytes[take..];
            if (newline < 0 && _heldLength < MaxHeldLine)
                return;
            int length = _heldLength;
            _heldLength = 0;
            Process(_held.AsSpan(0, length), final: false);
        }
        Process(bytes, final: false);
    }

    /// <summary>The message over all bytes written. Call <see cref="Reset"/> before the next message.</summary>
    public MimeMessage Complete()
    {
        if (!_completed)
        {
            int length = _heldLength;
            _heldLength = 0;
            Process(_held.AsSpan(0, length), final: true);
            CloseDownTo(-1, _position, _newlines);
            _completed = true;
        }
        return new MimeMessage(_open.Root, _envelope, _rootHeader, _rootHeaderCut);
    }

    private void Process(ReadOnlySpan<byte> bytes, bool final)
    {
        while (!bytes.IsEmpty)
        {
            int done = _inHeader ? ReadHeader(bytes, final) : ReadBody(bytes, final);
            if (done == 0)
            {
                Debug.Assert(bytes.Length < MaxHeldLine && !final);
                bytes.CopyTo(_held);
                _heldLength = bytes.Length;
                return;
            }
            bytes = bytes[done..];
        }
    }

    // Both return how many bytes are done with; 0 asks for the rest of the line.

    private int ReadHeader(ReadOnlySpan<byte> bytes, bool final)
    {
        int at = 0;
        while (at < bytes.Length)
        {
            int newline = bytes[at..].IndexOf((byte)'\n');
            if (!_atLineStart && at == 0)
            {
                if (newline < 0)
                    break;
                at = newline + 1;
                continue;
            }
            if (newline < 0 && !final && bytes.Length - at < MaxHeldLine)
            {
                KeepHeader(bytes[..at]);
                return at;
            }
            int length = newline < 0 ? bytes.Length - at : newline + 1;
            byte first = bytes[at];
            bool isWhole = newline >= 0 || final;
            if (first == (byte)'-' && isWhole && TryBoundary(bytes.Slice(at, length), out int level, out bool closes))
            {
                KeepHeader(bytes[..at]);
                AtBoundary(bytes.Slice(at, length), level, closes);
                return at + length;
            }
            at += length;
            if (newline == 0 || (newline == 1 && first == (byte)'\r'))
            {
                KeepHeader(bytes[..at]);
                EndHeader();
                return at;
            }
        }
        KeepHeader(bytes);
        return bytes.Length;
    }

    private int ReadBody(ReadOnlySpan<byte> bytes, bool final)
    {
        if (!_open.HasBoundaries || _ignoreBoundaries)
        {
            Pass(bytes);
            return bytes.Length;
        }
        if (_atLineStart && bytes[0] == (byte)'-' && (bytes.Length == 1 || bytes[1] == (byte)'-'))
        {
            int newline = bytes[..Math.Min(bytes.Length, MaxHeldLine)].IndexOf((byte)'\n');
            if (newline < 0 && !final && bytes.Length < MaxHeldLine)
                return 0;
            var line = newline < 0 ? bytes : bytes[..(newline + 1)];
            bool isWhole = newline >= 0 || final;
            if (isWhole && TryBoundary(line, out int level, out bool closes))
            {
                AtBoundary(line, level, closes);
                return line.Length;
            }
        }
        int next = bytes.IndexOf("\n--"u8);
        int length = next >= 0 ? next + 1 : !final && bytes.EndsWith("\n-"u8) ? bytes.Length - 1 : bytes.Length;
        Pass(bytes[..length]);
        return length;
    }

    private bool TryBoundary(ReadOnlySpan<byte> line, out int level, out bool closes)
    {
        level = 0;
        closes = false;
        return line.Length <= MaxHeldLine && !_ignoreBoundaries && _open.TryMatch(line, out level, out closes);
    }

    private void AtBoundary(ReadOnlySpan<byte> line, int level, bool closes)
    {
        if (!closes && _open.PartCount >= _limits.MaxParts)
        {
            _ignoreBoundaries = true;
            if (_inHeader)
                KeepHeader(line);
            else
                Pass(line);
            return;
        }
        // The line break before a boundary belongs to the boundary (RFC 2046 section 5.1.1)
        CloseDownTo(level, _position - _lastBreak, _lastBreak > 0 ? _newlines - 1 : _newlines);
        Pass(line);
        if (closes)
            _open.CloseBoundary(level);
        else
            BeginEntity(_open.IsDigest(level) ? EntityContext.DigestPart : EntityContext.Part);
    }

    private void BeginEntity(EntityContext context)
    {
        _open.Push(context, _position);
        _headerLength = 0;
        _headerCut = false;
        _headerLimit = Math.Min(_limits.MaxHeaderBytes, Math.Max(_structureBytesLeft, 1024));
        _inHeader = true;
    }

    private void EndHeader()
    {
        _inHeader = false;
        _structureBytesLeft = Math.Max(0, _structureBytesLeft - _headerLength);
        var header = _header.AsSpan(0, _headerLength);
        if (_open.Count == 1)
        {
            _rootHeader = header.ToArray();
            _rootHeaderCut = _headerCut;
        }
        var envelope = _open.ReadHeader(header, _position, _newlines);
        if (envelope is not null && _open.Count == 1)
            _envelope = envelope;
        if (_open.TopHoldsMessage)
            BeginEntity(EntityContext.Message);
    }

    // Closes all entities inside the one at that level of the stack; -1 closes everything.
    private void CloseDownTo(int level, long end, long newlines)
    {
        while (_open.Count - 1 > level)
        {
            if (_inHeader)
                EndHeader();
            else
                _open.Pop(ref end, ref newlines);
        }
    }

    private void KeepHeader(ReadOnlySpan<byte> bytes)
    {
        int take = Math.Min(bytes.Length, _headerLimit - _headerLength);
        if (take < bytes.Length)
            _headerCut = true;
        if (take > 0)
        {
            if (_header.Length - _headerLength < take)
                Array.Resize(ref _header, Math.Max(_header.Length * 2, _headerLength + take));
            bytes[..take].CopyTo(_header.AsSpan(_headerLength));
            _headerLength += take;
        }
        Pass(bytes);
    }

    private void Pass(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        _newlines += bytes.Count((byte)'\n');
        _position += bytes.Length;
        byte last = bytes[^1];
        _atLineStart = last == (byte)'\n';
        if (_atLineStart)
            _lastBreak = (bytes.Length > 1 ? bytes[^2] : _lastByte) == (byte)'\r' ? 2 : 1;
        _lastByte = last;
    }
}
