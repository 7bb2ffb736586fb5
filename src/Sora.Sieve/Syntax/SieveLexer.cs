using System.Buffers;
using System.Text;

namespace Sora.Sieve.Syntax;

/// <summary>
/// Cuts a script into tokens (RFC 5228 section 8.1). A line may end with LF alone, which the RFC forbids and editors write; inside strings it is then made
/// CR LF. What is no token is reported and passed over.
/// </summary>
internal ref struct SieveLexer
{
    private static readonly SearchValues<byte> QuotedSpecial = SearchValues.Create("\"\\\r\n\0"u8);

    private readonly ReadOnlySpan<byte> _script;
    private readonly DiagnosticList _diagnostics;
    private readonly int _maxString;
    private int _at;
    private int _line;
    private int _lineStart;
    private int _columnAt;
    private int _column;
    private int _unknownLine;

    public SieveLexer(ReadOnlySpan<byte> script, DiagnosticList diagnostics, int maxString)
    {
        _script = script;
        _diagnostics = diagnostics;
        _maxString = maxString;
        _line = _column = 1;

        // A byte order mark, which Windows editors put in front
        if (script.StartsWith("\uFEFF"u8))
            _at = _lineStart = _columnAt = 3;
    }

    /// <summary>A string ran into the end of the script, so what follows it is missing too.</summary>
    public bool IsCut { get; private set; }

    public SieveToken Next()
    {
        while (true)
        {
            var behindLast = Position(_at);
            SkipSpace();

            // What is missing at the end is missing behind the last token, not in the empty line after it
            if (_at >= _script.Length)
                return new SieveToken(TokenKind.End, "", 0, behindLast);
            var position = Position(_at);
            var b = _script[_at];
            var single = Single(b);
            if (single != TokenKind.End)
            {
                _at++;
                return new SieveToken(single, "", 0, position);
            }

            if (IsIdentifierStart(b))
                return Identifier(position);
            if (char.IsAsciiDigit((char)b))
                return Number(position);
            if (b == '"')
                return Quoted(position);
            if (b == ':' && _at + 1 < _script.Length && IsIdentifierStart(_script[_at + 1]))
            {
                _at++;
                return new SieveToken(TokenKind.Tag, Word(), 0, position);
            }

            SkipUnknown(position);
        }
    }

    private static TokenKind Single(byte b) => b switch
    {
        (byte)'{' => TokenKind.LeftBrace,
        (byte)'}' => TokenKind.RightBrace,
        (byte)'[' => TokenKind.LeftBracket,
        (byte)']' => TokenKind.RightBracket,
        (byte)'(' => TokenKind.LeftParenthesis,
        (byte)')' => TokenKind.RightParenthesis,
        (byte)',' => TokenKind.Comma,
        (byte)';' => TokenKind.Semicolon,
        _ => TokenKind.End,
    };

    private static bool IsIdentifierStart(byte b) => char.IsAsciiLetter((char)b) || b == '_';

    // Columns count characters, not octets; counted on from the last place that was asked for
    private SourcePosition Position(int at)
    {
        if (at < _columnAt)
        {
            _columnAt = _lineStart;
            _column = 1;
        }

        foreach (var b in _script[_columnAt..at])
            if ((b & 0xC0) != 0x80)
                _column++;
        _columnAt = at;
        return new SourcePosition(_line, _column);
    }

    private void NewLine(int next)
    {
        _line++;
        _lineStart = _columnAt = next;
        _column = 1;
    }

    // white-space = 1*(SP / CRLF / HTAB) / comment
    private void SkipSpace()
    {
        while (_at < _script.Length)
        {
            var b = _script[_at];
            if (b is (byte)' ' or (byte)'\t')
                _at++;
            else if (b == '\n')
                NewLine(++_at);
            else if (b == '\r' && _at + 1 < _script.Length && _script[_at + 1] == '\n')
                _at++;
            else if (b == '#')
                SkipHashComment();
            else if (b == '/' && _at + 1 < _script.Length && _script[_at + 1] == '*')
                SkipBracketComment();
            else
                return;
        }
    }

    // hash-comment = "#" *octet-not-crlf CRLF; the last line may lack its CRLF
    private void SkipHashComment()
    {
        var length = _script[_at..].IndexOf((byte)'\n');
        var end = length < 0 ? _script.Length : _at + length;
        CheckNoNul(_at, end);
        _at = end;
    }

    private void SkipBracketComment()
    {
        var start = Position(_at);
        var length = _script[(_at + 2)..].IndexOf("*/"u8);
        var end = length < 0 ? _script.Length : _at + 2 + length + 2;
        if (length < 0)
            _diagnostics.Error(start, "The comment that begins here never ends", expected: "'*/'");
        CheckNoNul(_at, end);
        for (; _at < end; _at++)
            if (_script[_at] == '\n')
                NewLine(_at + 1);
    }

    private void CheckNoNul(int start, int end)
    {
        if (_script[start..end].Contains((byte)0))
            _diagnostics.Error(Position(start), "A NUL is not allowed in a script");
    }

    private string Word()
    {
        var start = _at;
        while (_at < _script.Length && (IsIdentifierStart(_script[_at]) || char.IsAsciiDigit((char)_script[_at])))
            _at++;
        return Encoding.ASCII.GetString(_script[start.._at]).ToLowerInvariant();
    }

    private SieveToken Identifier(SourcePosition position)
    {
        var word = Word();
        if (word == "text" && _at < _script.Length && _script[_at] == ':')
        {
            _at++;
            return MultiLine(position);
        }

        return new SieveToken(TokenKind.Identifier, word, 0, position);
    }

    // number = 1*DIGIT [ QUANTIFIER ]
    private SieveToken Number(SourcePosition position)
    {
        UInt128 value = 0;
        while (_at < _script.Length && char.IsAsciiDigit((char)_script[_at]))
        {
            value = UInt128.Min((value * 10) + (UInt128)(_script[_at] - '0'), ulong.MaxValue);
            _at++;
        }

        if (_at < _script.Length)
        {
            var shift = (_script[_at] | 0x20) switch
            {
                'k' => 10,
                'm' => 20,
                'g' => 30,
                _ => 0,
            };
            if (shift > 0)
            {
                _at++;
                value <<= shift;
            }
        }

        if (value > long.MaxValue)
        {
            _diagnostics.Error(position, $"The number is greater than {long.MaxValue}");
            value = 0;
        }

        if (_at < _script.Length && (IsIdentifierStart(_script[_at]) || char.IsAsciiDigit((char)_script[_at])))
        {
            var start = _at;
            Word();
            _diagnostics.Error(
                Position(start), "A number ends with nothing or one quantifier", $"'{Encoding.ASCII.GetString(_script[start..Math.Min(_at, start + 40)])}'", "K, M or G");
        }

        return new SieveToken(TokenKind.Number, "", (long)value, position);
    }

    // quoted-string = DQUOTE quoted-text DQUOTE
    private SieveToken Quoted(SourcePosition position)
    {
        var content = new ArrayBufferWriter<byte>();
        var isWarned = false;
        _at++;
        while (true)
        {
            var rest = _script[_at..];
            var run = rest.IndexOfAny(QuotedSpecial);
            if (run < 0)
            {
                _at = _script.Length;
                _diagnostics.Error(position, "The string that begins here never ends", expected: "'\"'");
                IsCut = true;
                break;
            }

            content.Write(rest[..run]);
            _at += run;
            var b = _script[_at++];
            if (b == '"')
                break;
            switch (b)
            {
                case (byte)'\\' when _at < _script.Length && _script[_at] is not ((byte)'\r' or (byte)'\n' or 0):
                    // quoted-special and quoted-other are both what stands behind the backslash; scripts "SHOULD NOT" write the latter (RFC 5228 section 2.4.2)
                    if (!isWarned && char.IsAsciiLetterOrDigit((char)_script[_at]))
                    {
                        var letter = (char)_script[_at];
                        _diagnostics.Warning(Position(_at - 1), $"In a string '\\{letter}' is the same as '{letter}'; '\\\\{letter}' may be meant");
                        isWarned = true;
                    }

                    content.Write([_script[_at++]]);
                    break;
                case (byte)'\\':
                    _diagnostics.Error(Position(_at - 1), "A backslash stands before the character that it is for");
                    break;
                case (byte)'\r' when _at < _script.Length && _script[_at] == '\n':
                    break;
                case (byte)'\n':
                    content.Write("\r\n"u8);
                    NewLine(_at);
                    break;
                case (byte)'\r':
                    _diagnostics.Error(Position(_at - 1), "A carriage return only stands before a line feed");
                    break;
                default:
                    _diagnostics.Error(Position(_at - 1), "A NUL is not allowed in a script");
                    break;
            }
        }

        return String(content, position);
    }

    // multi-line = "text:" *(SP / HTAB) (hash-comment / CRLF) *(multiline-literal / multiline-dotstart) "." CRLF
    private SieveToken MultiLine(SourcePosition position)
    {
        while (_at < _script.Length && _script[_at] is (byte)' ' or (byte)'\t')
            _at++;
        if (_at < _script.Length && _script[_at] == '#')
            SkipHashComment();
        if (_at < _script.Length && _script[_at] == '\r')
            _at++;
        if (_at >= _script.Length || _script[_at] != '\n')
        {
            _diagnostics.Error(Position(_at), "The text begins on the line after 'text:'", expected: "the end of the line");
            return new SieveToken(TokenKind.String, "", 0, position);
        }

        NewLine(++_at);
        var content = new ArrayBufferWriter<byte>();
        while (true)
        {
            if (_at >= _script.Length)
            {
                _diagnostics.Error(position, "The text that begins here never ends", expected: "a line with a dot alone");
                IsCut = true;
                break;
            }

            var length = _script[_at..].IndexOf((byte)'\n');
            var line = length < 0 ? _script[_at..] : _script.Slice(_at, length);
            _at += length < 0 ? line.Length : length + 1;
            if (line.EndsWith("\r"u8))
                line = line[..^1];
            if (line.IndexOfAny((byte)0, (byte)'\r') >= 0)
                _diagnostics.Error(new SourcePosition(_line, 1), "A NUL or a carriage return alone is not allowed in a text");
            if (length >= 0)
                NewLine(_at);
            if (line.SequenceEqual("."u8))
                break;
            content.Write(line.StartsWith(".."u8) ? line[1..] : line);
            content.Write("\r\n"u8);
        }

        return String(content, position);
    }

    private readonly SieveToken String(ArrayBufferWriter<byte> content, SourcePosition position)
    {
        if (content.WrittenCount > _maxString)
        {
            _diagnostics.Error(position, $"The string is longer than {_maxString} bytes");
            return new SieveToken(TokenKind.String, "", 0, position);
        }

        if (!System.Text.Unicode.Utf8.IsValid(content.WrittenSpan))
            _diagnostics.Warning(position, "The string is not valid UTF-8");
        return new SieveToken(TokenKind.String, SieveText.Decode(content.WrittenSpan), 0, position);
    }

    private static bool IsUnknown(byte b) =>
        b is not ((byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'"' or (byte)'#' or (byte)'/' or (byte)':') && Single(b) == TokenKind.End && !IsIdentifierStart(b)
        && !char.IsAsciiDigit((char)b);

    private static bool IsQuote(string text) => text.Trim('"') is ['\'' or '`' or '\u2018' or '\u2019' or '\u201C' or '\u201D' or '\u201E', ..];

    // One message for all of what cannot be read in a line
    private void SkipUnknown(SourcePosition position)
    {
        var start = _at;
        do
            _at++;
        while (_at < _script.Length && IsUnknown(_script[_at]));

        // A comment as other languages write it
        if (_script[start] == '/' && _at < _script.Length && _script[_at] == '/')
        {
            _diagnostics.Error(position, "A comment to the end of the line begins with another sign", "'//'", "'#'");
            SkipHashComment();
            return;
        }

        var text = SieveText.Show(SieveText.Decode(_script[start..Math.Min(_at, start + 20)]));
        if (position.Line != _unknownLine)
            _diagnostics.Error(position, "This is no part of the language outside of strings and comments", text, IsQuote(text) ? "a string in double quotes" : null);
        _unknownLine = position.Line;
    }
}
