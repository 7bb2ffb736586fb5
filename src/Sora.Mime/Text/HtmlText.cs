using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;

namespace Sora.Mime;

/// <summary>
/// Takes the readable text out of HTML, character by character and in bounded memory: tags go, blocks break lines, script and
/// style are dropped, entities are resolved, alt and title texts stay. Tolerant: nothing is an error.
/// </summary>
internal sealed class HtmlText(SearchTextSink sink)
{
    private const int LongestName = 24;
    private const int LongestEntity = 32;

    // Printable ASCII and spaces but "<" and "&"
    private static readonly SearchValues<char> PlainChars =
        SearchValues.Create(" !\"#$%'()*+,-./0123456789:;=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    private static readonly SearchValues<char> NameChars = SearchValues.Create("-:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

    // What Text or Emit deals with: marks, white space but the space, and what nobody sees
    private static readonly SearchValues<char> SpecialChars = SearchValues.Create(
        [.. Enumerable.Range(0, char.MaxValue + 1).Select(static c => (char)c).Where(static c => c is '<' or '&' || (c != ' ' && IsWhite(c)) || IsInvisible(c))]);

    private readonly char[] _name = new char[LongestName];
    private readonly char[] _entity = new char[LongestEntity];
    private int _nameLength;
    private int _entityLength;
    private State _state = State.Text;
    private State _stateBeforeEntity;
    private char _quote;
    private bool _isEndTag;
    private bool _keepsAttribute;
    private int _dashes;
    private string? _rawElement;
    private int _rawMatched;

    // What white space is due before the next character
    private char _gap;
    private bool _any;

    private enum State
    {
        Text,
        TagOpen,
        TagName,
        InTag,
        AttributeName,
        AfterAttributeName,
        BeforeValue,
        Value,
        MarkupStart,
        Markup,
        Comment,
        RawText,
        Entity,
    }

    public void Add(ReadOnlySpan<char> html)
    {
        while (!html.IsEmpty)
        {
            int run = SimpleRun(html);
            if (run > 0)
            {
                html = html[run..];
                continue;
            }
            while (!Step(html[0]))
            {
                // The state has changed and the character is read again
            }
            html = html[1..];
        }
    }

    // What can be dealt with at once: a line, a comment, the inside of a script, an attribute nobody needs
    private int SimpleRun(ReadOnlySpan<char> html)
    {
        int run;
        switch (_state)
        {
            case State.Text:
                run = PlainRun(html);
                if (run > 1)
                    EmitRun(html[..run]);
                return run > 1 ? run : 0;
            case State.TagName or State.AttributeName:
                run = html.IndexOfAnyExcept(NameChars);
                run = run < 0 ? html.Length : run;
                RememberAll(html[..run]);
                return run;
            case State.Value when !_keepsAttribute && _quote != '\0':
                run = html.IndexOf(_quote);
                return run < 0 ? html.Length : run;
            case State.Comment when _dashes == 0:
                run = html.IndexOf('-');
                return run < 0 ? html.Length : run;
            case State.RawText when _rawMatched == 0:
                run = html.IndexOf('<');
                return run < 0 ? html.Length : run;
            default:
                return 0;
        }
    }

    private static int PlainRun(ReadOnlySpan<char> html)
    {
        int run = html.IndexOfAnyExcept(PlainChars);
        if (run >= 0 && html[run] > '\u007F')
        {
            int more = html[run..].IndexOfAny(SpecialChars);
            run = more < 0 ? -1 : run + more;
        }
        return run < 0 ? html.Length : run;
    }

    public void Complete()
    {
        if (_state == State.Entity)
            EndEntity(terminated: false);
        else if (_state == State.TagOpen)
            Emit('<');
    }

    // False when the character is to be read again in the new state
    private bool Step(char c)
    {
        switch (_state)
        {
            case State.Text:
                if (c == '<')
                    _state = State.TagOpen;
                else if (c == '&')
                    BeginEntity();
                else
                    Emit(c);
                return true;
            case State.TagOpen:
                return OpenTag(c);
            case State.TagName:
                if (c is '>' or '/' || char.IsWhiteSpace(c))
                {
                    BeginElement();
                    _state = State.InTag;
                    return false;
                }
                Remember(c);
                return true;
            case State.InTag:
                if (c == '>')
                    EndTag();
                else if (c != '/' && !char.IsWhiteSpace(c))
                {
                    _nameLength = 0;
                    Remember(c);
                    _state = State.AttributeName;
                }
                return true;
            case State.AttributeName:
                if (c is '=' or '>' or '/' || char.IsWhiteSpace(c))
                {
                    _state = State.AfterAttributeName;
                    return false;
                }
                Remember(c);
                return true;
            case State.AfterAttributeName:
                if (char.IsWhiteSpace(c))
                    return true;
                _state = c == '=' ? State.BeforeValue : State.InTag;
                return c == '=';
            case State.BeforeValue:
                return BeginValue(c);
            case State.Value:
                return TakeValue(c);
            case State.MarkupStart:
                _dashes = c == '-' ? _dashes + 1 : 0;
                if (_dashes == 2)
                {
                    _state = State.Comment;
                    return true;
                }
                if (_dashes == 1)
                    return true;
                _state = State.Markup;
                return false;
            case State.Markup:
                if (c == '>')
                    _state = State.Text;
                return true;
            case State.Comment:
                if (c == '>' && _dashes >= 2)
                    _state = State.Text;
                _dashes = c == '-' ? _dashes + 1 : 0;
                return true;
            case State.RawText:
                SkipRaw(c);
                return true;
            default:
                return TakeEntity(c);
        }
    }

    private bool OpenTag(char c)
    {
        _isEndTag = false;
        _nameLength = 0;
        if (c == '/')
        {
            _isEndTag = true;
            _state = State.TagName;
            return true;
        }
        if (c == '!')
        {
            _dashes = 0;
            _state = State.MarkupStart;
            return true;
        }
        if (c == '?')
        {
            _state = State.Markup;
            return true;
        }
        if (char.IsAsciiLetter(c))
        {
            _state = State.TagName;
            return false;
        }
        Emit('<');
        _state = State.Text;
        return false;
    }

    // Beyond its limit a name is only known to be none of those that matter
    private void Remember(char c)
    {
        if (_nameLength < LongestName)
            _name[_nameLength++] = char.ToLowerInvariant(c);
    }

    private void RememberAll(ReadOnlySpan<char> ascii)
    {
        var room = _name.AsSpan(_nameLength);
        _nameLength += Ascii.ToLower(ascii[..Math.Min(ascii.Length, room.Length)], room, out int written) == OperationStatus.Done ? written : 0;
    }

    private void BeginElement()
    {
        var name = _name.AsSpan(0, _nameLength);
        if (IsBlock(name))
            Break('\n');
        else if (name is "td" or "th" or "option" or "button" or "img")
            Break(' ');
        _rawElement = _isEndTag ? null : name switch
        {
            "script" => "</script",
            "style" => "</style",
            _ => null,
        };
    }

    private static bool IsBlock(ReadOnlySpan<char> name) => name is
        "p" or "br" or "div" or "tr" or "li" or "ul" or "ol" or "dl" or "dt" or "dd" or "table" or "hr" or "pre" or "blockquote" or "title"
        or "h1" or "h2" or "h3" or "h4" or "h5" or "h6" or "section" or "article" or "header" or "footer" or "center" or "form"
        or "body" or "head" or "html" or "caption" or "address" or "main" or "nav" or "aside" or "figure" or "figcaption";

    private void EndTag()
    {
        _state = _rawElement is null ? State.Text : State.RawText;
        _rawMatched = 0;
    }

    private bool BeginValue(char c)
    {
        if (char.IsWhiteSpace(c))
            return true;
        _keepsAttribute = !_isEndTag && _name.AsSpan(0, _nameLength) is "alt" or "title";
        if (c == '>')
        {
            _state = State.InTag;
            return false;
        }
        _quote = c is '"' or '\'' ? c : '\0';
        _state = State.Value;
        if (_keepsAttribute)
            Break(' ');
        return _quote != '\0';
    }

    private bool TakeValue(char c)
    {
        bool ends = _quote != '\0' ? c == _quote : c == '>' || char.IsWhiteSpace(c);
        if (ends)
        {
            if (_keepsAttribute)
                Break(' ');
            _state = State.InTag;
            return _quote != '\0';
        }
        if (!_keepsAttribute)
            return true;
        if (c == '&')
            BeginEntity();
        else
            Emit(c);
        return true;
    }

    private void SkipRaw(char c)
    {
        string end = _rawElement!;
        if (_rawMatched == end.Length)
        {
            // The end tag may have white space or attributes
            if (c == '>')
            {
                _rawElement = null;
                _state = State.Text;
            }
            return;
        }
        if (char.ToLowerInvariant(c) == end[_rawMatched])
            _rawMatched++;
        else
            _rawMatched = c == '<' ? 1 : 0;
    }

    private void BeginEntity()
    {
        _stateBeforeEntity = _state;
        _entityLength = 0;
        _state = State.Entity;
    }

    private bool TakeEntity(char c)
    {
        bool belongs = char.IsAsciiLetterOrDigit(c) || (c == '#' && _entityLength == 0);
        if (belongs && _entityLength < LongestEntity)
        {
            _entity[_entityLength++] = c;
            return true;
        }
        EndEntity(c == ';');
        return c == ';';
    }

    private void EndEntity(bool terminated)
    {
        _state = _stateBeforeEntity;
        var name = _entity.AsSpan(0, _entityLength);
        if (name is ['#', _, ..])
        {
            if (TryReadNumber(name[1..], out var rune))
            {
                Span<char> chars = stackalloc char[2];
                foreach (char c in chars[..rune.EncodeToUtf16(chars)])
                    Emit(c);
                return;
            }
        }
        else if (name.Length > 1)
        {
            if (Resolve(name) is { } text)
            {
                foreach (char c in text)
                    Emit(c);
                return;
            }
        }
        Emit('&');
        foreach (char c in name)
            Emit(c);
        if (terminated)
            Emit(';');
    }

    private static string? Resolve(ReadOnlySpan<char> name)
    {
        switch (name)
        {
            case "nbsp":
                return "\u00A0";
            case "amp":
                return "&";
            case "lt":
                return "<";
            case "gt":
                return ">";
            case "quot":
                return "\"";
            default:
                string entity = $"&{name};";
                string text = WebUtility.HtmlDecode(entity);
                return text == entity ? null : text;
        }
    }

    private static bool TryReadNumber(ReadOnlySpan<char> digits, out Rune rune)
    {
        rune = Rune.ReplacementChar;
        bool isHex = digits[0] is 'x' or 'X';
        if (isHex)
            digits = digits[1..];
        bool anyDigit = !digits.IsEmpty;
        digits = digits.TrimStart('0');
        if (digits.Length > 7 || (anyDigit && digits.IsEmpty))
            return true;
        if (!int.TryParse(digits, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out int value))
            return false;
        // 128 to 159 mean windows-1252, as in every browser
        if (value is >= 128 and < 160)
            value = Charsets.Windows1252.GetString([(byte)value])[0];
        if (!Rune.TryCreate(value, out rune))
            rune = Rune.ReplacementChar;
        return true;
    }

    private void Break(char gap)
    {
        if (_gap != '\n')
            _gap = gap;
    }

    // Words with spaces between them
    private void EmitRun(ReadOnlySpan<char> run)
    {
        while (!run.IsEmpty)
        {
            int first = run.IndexOfAnyExcept(' ');
            if (first != 0)
                Break(' ');
            if (first < 0)
                return;
            run = run[first..];
            int spaces = run.IndexOf("  ");
            var words = spaces < 0 ? run.TrimEnd(' ') : run[..spaces];
            FillGap();
            sink.Add(words);
            run = run[words.Length..];
        }
    }

    private void FillGap()
    {
        if (_gap != '\0' && _any)
            sink.Add(_gap);
        _gap = '\0';
        _any = true;
    }

    // Soft hyphens, zero-width characters and byte order marks would keep words from being found
    private static bool IsInvisible(char c) => c is '\u00AD' or '\u200B' or '\u200C' or '\u200D' or '\u2060' or '\uFEFF' or '\u034F' or '\0';

    private static bool IsWhite(char c) => c <= ' ' || char.IsWhiteSpace(c);

    private void Emit(char c)
    {
        if (IsInvisible(c))
            return;
        if (IsWhite(c))
        {
            Break(' ');
            return;
        }
        FillGap();
        sink.Add(c);
    }
}
