using System.Globalization;
using System.Text;

namespace Sora.Sieve.Matching;

/// <summary>A pattern that is no regular expression.</summary>
internal sealed class RegexSyntaxException(string message) : Exception(message);

/// <summary>
/// Translates a POSIX extended regular expression (IEEE 1003.1 section 9.4) to one of .NET's, checks it, and reckons the size of its automaton, which repetitions
/// multiply. Nothing of .NET's own syntax comes through.
/// </summary>
internal ref struct RegexTranslator
{
    /// <summary>Largest number in braces (RE_DUP_MAX of POSIX).</summary>
    public const int MaxRepeat = 255;

    /// <summary>Largest automaton in characters and sets to be matched.</summary>
    public const int MaxSize = 20_000;

    private const int MaxDepth = 50;
    private const string Astral = "[\uD800-\uDBFF][\uDC00-\uDFFF]";

    private readonly ReadOnlySpan<char> _pattern;
    private readonly bool _asciiCase;
    private readonly StringBuilder _output;
    private int _at;
    private int _depth;

    private RegexTranslator(ReadOnlySpan<char> pattern, bool asciiCase, StringBuilder output)
    {
        _pattern = pattern;
        _asciiCase = asciiCase;
        _output = output;
    }

    /// <summary>The pattern for .NET.</summary>
    /// <param name="pattern">The extended regular expression.</param>
    /// <param name="asciiCase">Letters of ASCII match those of the other case.</param>
    /// <param name="size">The size of the automaton.</param>
    /// <exception cref="RegexSyntaxException">It is none, or too large.</exception>
    public static string Translate(ReadOnlySpan<char> pattern, bool asciiCase, out int size)
    {
        var output = new StringBuilder(pattern.Length * 2);
        var translator = new RegexTranslator(pattern, asciiCase, output);
        size = (int)translator.Alternatives();
        if (translator._at < pattern.Length)
            throw new RegexSyntaxException("a ')' closes no group");
        return output.ToString();
    }

    private static long Check(long size) => size <= MaxSize ? size : throw new RegexSyntaxException("it is too large once its repetitions are written out");

    // extended_reg_exp = ERE_branch *("|" ERE_branch)
    private long Alternatives()
    {
        if (++_depth > MaxDepth)
            throw new RegexSyntaxException($"groups are nested deeper than {MaxDepth}");
        var size = Branch();
        while (_at < _pattern.Length && _pattern[_at] == '|')
        {
            _at++;
            _output.Append('|');
            size = Check(size + 1 + Branch());
        }

        _depth--;
        return size;
    }

    private long Branch()
    {
        long size = 0;
        while (_at < _pattern.Length && _pattern[_at] is not ('|' or ')'))
        {
            var start = _output.Length;
            var atom = Atom(out var isAnchor);
            while (_at < _pattern.Length && IsRepetition())
            {
                // What is repeated stands in a group: "a*?" is no lazy repetition here but one of a repetition
                if (isAnchor || _output.Length == start)
                    throw new RegexSyntaxException("a repetition stands behind nothing that can be repeated");
                _output.Insert(start, "(?:").Append(')');
                var times = Repetition();
                atom = Check(atom * Math.Max(times, 1));
            }

            size = Check(size + atom);
        }

        return size;
    }

    private readonly bool IsRepetition() =>
        _pattern[_at] is '*' or '+' or '?' || (_pattern[_at] == '{' && _at + 1 < _pattern.Length && char.IsAsciiDigit(_pattern[_at + 1]));

    private int Repetition()
    {
        var c = _pattern[_at++];
        if (c != '{')
        {
            _output.Append(c);
            return 1;
        }

        var least = Number();
        var most = least;
        var isOpen = false;
        if (_at < _pattern.Length && _pattern[_at] == ',')
        {
            _at++;
            isOpen = _at < _pattern.Length && _pattern[_at] == '}';
            if (!isOpen)
                most = Number();
        }

        if (_at >= _pattern.Length || _pattern[_at] != '}')
            throw new RegexSyntaxException("a '{' is never closed");
        _at++;
        if (least > most)
            throw new RegexSyntaxException("the numbers in braces are in the wrong order");
        _output.Append(CultureInfo.InvariantCulture, $"{{{least},{(isOpen ? "" : most.ToString(CultureInfo.InvariantCulture))}}}");
        return most + 1;
    }

    private int Number()
    {
        var start = _at;
        while (_at < _pattern.Length && char.IsAsciiDigit(_pattern[_at]))
            _at++;
        if (_at == start || _at - start > 3 || int.Parse(_pattern[start.._at], CultureInfo.InvariantCulture) is > MaxRepeat)
            throw new RegexSyntaxException($"a number in braces is none of 0 to {MaxRepeat}");
        return int.Parse(_pattern[start.._at], CultureInfo.InvariantCulture);
    }

    private long Atom(out bool isAnchor)
    {
        var c = _pattern[_at++];
        isAnchor = c is '^' or '$';
        switch (c)
        {
            case '(':
                _output.Append('(');
                var size = Alternatives();
                if (_at >= _pattern.Length)
                    throw new RegexSyntaxException("a '(' is never closed");
                _at++;
                _output.Append(')');
                return size + 1;
            case '*' or '+' or '?':
                throw new RegexSyntaxException("a repetition stands behind nothing that can be repeated");
            case '^':
                _output.Append(@"\A");
                return 1;
            case '$':
                _output.Append(@"\z");
                return 1;
            case '.':
                _output.Append($"(?:{Astral}|[\\s\\S])");
                return 2;
            case '[':
                return Bracket();
            case '\\':
                return Escape();
            default:
                return Literal(c);
        }
    }

    private long Escape()
    {
        if (_at >= _pattern.Length)
            throw new RegexSyntaxException("a backslash stands at the end");
        var c = _pattern[_at++];
        switch (c)
        {
            // What the C library of GNU knows besides, and scripts use
            case 'w':
                _output.Append("[A-Za-z0-9_]");
                return 1;
            case 'W':
                _output.Append($"(?:{Astral}|[^A-Za-z0-9_])");
                return 2;
            case 's':
                _output.Append("[ \\t\\r\\n\\f\\v]");
                return 1;
            case 'S':
                _output.Append($"(?:{Astral}|[^ \\t\\r\\n\\f\\v])");
                return 2;
            case 'b' or 'B':
                _output.Append('\\').Append(c);
                return 1;
            case >= '1' and <= '9':
                throw new RegexSyntaxException("back-references cannot be matched in linear time");
            default:
                return Literal(c);
        }
    }

    private long Literal(char c)
    {
        if (_asciiCase && char.IsAsciiLetter(c))
        {
            _output.Append('[').Append(char.ToUpperInvariant(c)).Append(char.ToLowerInvariant(c)).Append(']');
            return 1;
        }

        if (char.IsHighSurrogate(c) && _at < _pattern.Length && char.IsLowSurrogate(_pattern[_at]))
        {
            _output.Append("(?:").Append(c).Append(_pattern[_at++]).Append(')');
            return 2;
        }

        Append(_output, c);
        return 1;
    }

    private static void Append(StringBuilder output, char c)
    {
        if (char.IsAsciiLetterOrDigit(c) || c >= 128)
            output.Append(c);
        else
            output.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:X2}");
    }

    // bracket_expression: "[" ["^"] ["]"] items "]"
    private long Bracket()
    {
        var isNegated = _at < _pattern.Length && _pattern[_at] == '^';
        if (isNegated)
            _at++;
        var set = new StringBuilder();
        for (var isFirst = true; ; isFirst = false)
        {
            if (_at >= _pattern.Length)
                throw new RegexSyntaxException("a '[' is never closed");
            if (_pattern[_at] == ']' && !isFirst)
                break;
            if (TryClass(out var named))
            {
                set.Append(named);
                continue;
            }

            var from = Element();
            var isRange = _at + 1 < _pattern.Length && _pattern[_at] == '-' && _pattern[_at + 1] != ']';
            if (!isRange)
            {
                Add(set, from, from);
                continue;
            }

            _at++;
            var to = Element();
            if (from > to)
                throw new RegexSyntaxException("a range in brackets is in the wrong order");
            Add(set, from, to);
        }

        _at++;
        _output.Append(isNegated ? $"(?:{Astral}|[^" : "[").Append(set).Append(isNegated ? "])" : "]");
        return isNegated ? 2 : 1;
    }

    private readonly void Add(StringBuilder set, char from, char to)
    {
        Range(set, from, to);
        if (!_asciiCase)
            return;

        // The same letters in the other case
        Other(set, from, to, 'a', 'z', -32);
        Other(set, from, to, 'A', 'Z', 32);
    }

    private static void Other(StringBuilder set, char from, char to, char first, char last, int shift)
    {
        var (start, end) = ((char)Math.Max(from, first), (char)Math.Min(to, last));
        if (start <= end)
            Range(set, (char)(start + shift), (char)(end + shift));
    }

    private static void Range(StringBuilder set, char from, char to)
    {
        Append(set, from);
        if (from == to)
            return;
        set.Append('-');
        Append(set, to);
    }

    // A character, or one in [. .] or [= =]
    private char Element()
    {
        var c = _pattern[_at];
        if (c == '[' && _at + 1 < _pattern.Length && _pattern[_at + 1] is '.' or '=')
        {
            var kind = _pattern[_at + 1];
            if (_at + 4 >= _pattern.Length || _pattern[_at + 3] != kind || _pattern[_at + 4] != ']')
                throw new RegexSyntaxException("only one character stands in '[. .]' and '[= =]'");
            c = _pattern[_at + 2];
            _at += 5;
        }
        else
        {
            _at++;
        }

        return char.IsSurrogate(c) ? throw new RegexSyntaxException("a character beyond U+FFFF cannot stand in brackets") : c;
    }

    // [:alpha:] and its like, of ASCII
    private bool TryClass(out string named)
    {
        named = "";
        var rest = _pattern[_at..];
        if (!rest.StartsWith("[:"))
            return false;
        var end = rest.IndexOf(":]");
        if (end < 0)
            throw new RegexSyntaxException("a '[:' is never closed");
        var name = rest[2..end];
        named = name switch
        {
            "alpha" => "A-Za-z",
            "lower" => _asciiCase ? "A-Za-z" : "a-z",
            "upper" => _asciiCase ? "A-Za-z" : "A-Z",
            "digit" => "0-9",
            "alnum" => "A-Za-z0-9",
            "xdigit" => "0-9A-Fa-f",
            "space" => " \\t\\r\\n\\f\\v",
            "blank" => " \\t",
            "punct" => "\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E",
            "print" => "\\x20-\\x7E",
            "graph" => "\\x21-\\x7E",
            "cntrl" => "\\x00-\\x1F\\x7F",
            _ => throw new RegexSyntaxException($"there is no class '[:{SieveText.Cut(name.ToString(), 20)}:]'"),
        };
        _at += end + 2;
        return true;
    }
}
