namespace Sora.Gateway.Lmtp;

/// <summary>
/// Undoes the transparency of DATA (RFC 5321 section 4.5.2) over pieces cut anywhere. Only CR LF "." CR LF ends the data and only CR LF
/// begins a line: a lone CR or LF is a byte like any other, so that no line that another server does not see as one can end a message.
/// Works on runs between dots at the beginning of lines, found by a vectorised search; nothing is copied.
/// </summary>
internal struct DotUnstuffer
{
    private static readonly byte[] Cr = "\r"u8.ToArray();

    private State _state;

    private enum State : byte
    {
        LineStart,
        InLine,
        AfterCr,
        AfterDot,
        AfterDotCr,
        Ended,
    }

    /// <summary>The end of the data has been read.</summary>
    public readonly bool HasEnded => _state == State.Ended;

    /// <summary>
    /// Takes bytes off the beginning of <paramref name="input"/> and gives the message bytes among them, which may be none. Call it until
    /// the input is empty or <see cref="HasEnded"/>; what is left then comes after the data.
    /// </summary>
    public ReadOnlyMemory<byte> Next(ref ReadOnlyMemory<byte> input)
    {
        var bytes = input.Span;
        switch (_state)
        {
            case State.LineStart when bytes[0] == '.':
                _state = State.AfterDot;
                input = input[1..];
                return default;
            case State.AfterDot when bytes[0] == '\r':
                _state = State.AfterDotCr;
                input = input[1..];
                return default;
            case State.AfterDotCr when bytes[0] == '\n':
                _state = State.Ended;
                input = input[1..];
                return default;
            case State.AfterDotCr:
                // The CR that was held back as part of a possible end belongs to the message
                _state = State.AfterCr;
                return Cr;
            case State.AfterCr when bytes[0] == '\n':
                _state = State.LineStart;
                var newline = input[..1];
                input = input[1..];
                return newline;
            default:
                return Run(ref input);
        }
    }

    private ReadOnlyMemory<byte> Run(ref ReadOnlyMemory<byte> input)
    {
        var bytes = input.Span;
        var dot = bytes.IndexOf("\r\n."u8);
        if (dot >= 0)
        {
            _state = State.AfterDot;
            var lines = input[..(dot + 2)];
            input = input[(dot + 3)..];
            return lines;
        }

        _state = bytes.EndsWith("\r\n"u8) ? State.LineStart : bytes[^1] == '\r' ? State.AfterCr : State.InLine;
        var rest = input;
        input = default;
        return rest;
    }
}
