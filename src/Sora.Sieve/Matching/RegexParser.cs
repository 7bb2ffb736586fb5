using System.Collections.Immutable;
using System.Globalization;

namespace Sora.Sieve.Matching;

/// <summary>A pattern that is no regular expression.</summary>
internal sealed class RegexSyntaxException(string message) : Exception(message);

/// <summary>What the case of letters means to an expression.</summary>
internal enum RegexCase
{
    Exact,
    Ascii,
    Unicode,
}

/// <summary>A regular expression that was read.</summary>
/// <param name="Root">The expression.</param>
/// <param name="Groups">Number of its groups.</param>
/// <param name="Size">Characters, sets and places once its repetitions are written out.</param>
internal sealed record ParsedRegex(RegexNode Root, int Groups, int Size);

/// <summary>
/// Reads an extended regular expression of POSIX (IEEE 1003.1 section 9.4), with the escapes that the C library of GNU knows besides, and reckons its size, which
/// repetitions multiply.
/// </summary>
internal ref struct RegexParser
{
    private const int MaxDepth = 50;

    private readonly ReadOnlySpan<char> _pattern;
    private readonly RegexCase _case;
    private readonly int _maxSize;
    private int _at;
    private int _depth;
    private int _groups;

    private RegexParser(ReadOnlySpan<char> pattern, RegexCase letters, int maxSize)
    {
        _pattern = pattern;
        _case = letters;
        _maxSize = maxSize;
    }

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="RegexSyntaxException">It is none, or larger than <paramref name="maxSize"/>.</exception>
    public static ParsedRegex Parse(ReadOnlySpan<char> pattern, RegexCase letters, int maxSize)
    {
        var parser = new RegexParser(pattern, letters, maxSize);
        var root = parser.Alternatives(out var size);
        return new ParsedRegex(root, parser._groups, (int)size);
    }

    private static RegexSyntaxException Error(string message, int at) =>
        new(at == 0 ? message : $"{message} (at character {(at + 1).ToString(CultureInfo.InvariantCulture)})");

    private readonly long Check(long size) => size <= _maxSize ? size : throw new RegexSyntaxException("it is too large once its repetitions are written out");

    private readonly bool Is(char c) => _at < _pattern.Length && _pattern[_at] == c;

    // extended_reg_exp = ERE_branch *("|" ERE_branch)
    private RegexNode Alternatives(out long size)
    {
        if (_depth == MaxDepth)
            throw Error($"groups are nested deeper than {MaxDepth}", _at - 1);
        _depth++;
        var pieces = ImmutableArray.CreateBuilder<RegexNode>();
        pieces.Add(Branch(out size));
        while (Is('|'))
        {
            _at++;
            pieces.Add(Branch(out var more));
            size = Check(size + 1 + more);
        }

        _depth--;
        return pieces.Count == 1 ? pieces[0] : new RegexAlternatives(pieces.ToImmutable());
    }

    private RegexSequence Branch(out long size)
    {
        size = 0;
        var pieces = ImmutableArray.CreateBuilder<RegexNode>();

        // ")" is only special after a "(" that it can close
        while (_at < _pattern.Length && _pattern[_at] != '|' && (_pattern[_at] != ')' || _depth == 1))
        {
            var piece = Atom(out var atom);
            while (IsRepetition())
            {
                if (piece is RegexAssertion)
                    throw Error("a repetition stands behind nothing that can be repeated", _at);
                var (least, most) = Repetition();
                if (piece is RegexRepetition { Least: 0 or 1, Most: < 0 or 1 } inner && least <= 1 && most is < 0 or 1)
                {
                    // "a*+?": the repetition of one is one
                    piece = new RegexRepetition(inner.Piece, Math.Min(inner.Least, least), Math.Min(inner.Most, most));
                    continue;
                }

                piece = new RegexRepetition(piece, least, most);
                atom = Check((atom * Math.Max(most < 0 ? least : most, 1)) + 1);
            }

            pieces.Add(piece);
            size = Check(size + atom);
        }

        return new RegexSequence(pieces.ToImmutable());
    }

    private readonly bool IsRepetition() => _at < _pattern.Length
        && (_pattern[_at] is '*' or '+' or '?' || (_pattern[_at] == '{' && _at + 1 < _pattern.Length && (char.IsAsciiDigit(_pattern[_at + 1]) || _pattern[_at + 1] == ',')));

    private (int Least, int Most) Repetition()
    {
        var start = _at;
        switch (_pattern[_at++])
        {
            case '*':
                return (0, -1);
            case '+':
                return (1, -1);
            case '?':
                return (0, 1);
        }

        // "{,n}" is GNU's
        var least = Is(',') ? 0 : Number();
        var most = least;
        if (Is(','))
        {
            _at++;
            most = Is('}') ? -1 : Number();
        }

        if (!Is('}'))
            throw Error("a '{' is never closed", start);
        _at++;
        return most < 0 || least <= most ? (least, most) : throw Error("the numbers in braces are in the wrong order", start);
    }

    private int Number()
    {
        var start = _at;
        while (_at < _pattern.Length && char.IsAsciiDigit(_pattern[_at]))
            _at++;
        if (_at == start || _at - start > 9)
            throw Error("there is no number of times in the braces", start);
        var number = int.Parse(_pattern[start.._at], CultureInfo.InvariantCulture);
        Check(number);
        return number;
    }

    private RegexNode Atom(out long size)
    {
        size = 1;
        var start = _at;
        var c = _pattern[_at++];
        switch (c)
        {
            case '(':
                var number = ++_groups;
                var inside = Alternatives(out size);
                if (!Is(')'))
                    throw Error("a '(' is never closed", start);
                _at++;
                size++;
                return new RegexGroup(number, _groups, inside);
            case '*' or '+' or '?':
                throw Error("a repetition stands behind nothing that can be repeated", start);
            case '{' when _at < _pattern.Length && char.IsAsciiDigit(_pattern[_at]):
                throw Error("a repetition stands behind nothing that can be repeated", start);
            case '^':
                return new RegexAssertion(RegexPlace.Start);
            case '$':
                return new RegexAssertion(RegexPlace.End);
            case '.':
                return new RegexSet(CodePointSet.All);
            case '[':
                return new RegexSet(Bracket(start));
            case '\\':
                return Escape(start);
            default:
                return Literal(c);
        }
    }

    private RegexNode Escape(int start)
    {
        if (_at >= _pattern.Length)
            throw Error("a backslash stands at the end", start);
        var c = _pattern[_at++];
        return c switch
        {
            // What the C library of GNU knows besides, and scripts use
            'w' => new RegexSet(CodePointSet.Of(RegexClasses.Word)),
            'W' => new RegexSet(CodePointSet.Of(RegexClasses.Word).Complement()),
            's' => new RegexSet(CodePointSet.Of(RegexClasses.Find("space")!)),
            'S' => new RegexSet(CodePointSet.Of(RegexClasses.Find("space")!).Complement()),
            'b' => new RegexAssertion(RegexPlace.WordBoundary),
            'B' => new RegexAssertion(RegexPlace.NoWordBoundary),
            '<' => new RegexAssertion(RegexPlace.WordStart),
            '>' => new RegexAssertion(RegexPlace.WordEnd),
            >= '1' and <= '9' => throw Error("back-references cannot be matched in linear time", start),
            _ => Literal(c),
        };
    }

    private RegexSet Literal(char c)
    {
        int character = c;
        if (char.IsHighSurrogate(c) && _at < _pattern.Length && char.IsLowSurrogate(_pattern[_at]))
            character = char.ConvertToUtf32(c, _pattern[_at++]);
        return new RegexSet(Cased(CodePointSet.Of([(character, character)])));
    }

    private readonly CodePointSet Cased(CodePointSet set) => _case switch
    {
        RegexCase.Ascii => set.WithAsciiCases(),
        RegexCase.Unicode => set.WithUnicodeCases(),
        _ => set,
    };

    // bracket_expression: "[" ["^"] ["]"] items "]"
    private CodePointSet Bracket(int start)
    {
        var isNegated = Is('^');
        if (isNegated)
            _at++;
        var ranges = new List<(int From, int To)>();
        for (var isFirst = true; ; isFirst = false)
        {
            if (_at >= _pattern.Length)
                throw Error("a '[' is never closed", start);
            if (_pattern[_at] == ']' && !isFirst)
                break;
            if (_pattern[_at..].StartsWith("[:"))
            {
                ranges.AddRange(Class());
                continue;
            }

            var at = _at;
            var from = Element();
            if (!Is('-') || _at + 1 >= _pattern.Length || _pattern[_at + 1] == ']')
            {
                ranges.Add((from, from));
                continue;
            }

            _at++;
            if (_pattern[_at..].StartsWith("[:"))
                throw Error("a range in brackets ends with a class", at);
            var to = Element();
            ranges.Add(from <= to ? (from, to) : throw Error("a range in brackets is in the wrong order", at));
        }

        _at++;
        var set = Cased(CodePointSet.Of(ranges));
        return isNegated ? set.Complement() : set;
    }

    // A character, or one in [. .] or [= =]
    private int Element()
    {
        var start = _at;
        if (_pattern[_at] != '[' || _at + 1 >= _pattern.Length || _pattern[_at + 1] is not ('.' or '='))
            return Character();
        ReadOnlySpan<char> close = [_pattern[_at + 1], ']'];
        _at += 2;
        var character = _at < _pattern.Length ? Character() : 0;
        if (!_pattern[_at..].StartsWith(close))
            throw Error("only one character stands in '[. .]' and '[= =]'", start);
        _at += 2;
        return character;
    }

    private int Character()
    {
        var c = _pattern[_at++];
        return char.IsHighSurrogate(c) && _at < _pattern.Length && char.IsLowSurrogate(_pattern[_at]) ? char.ConvertToUtf32(c, _pattern[_at++]) : c;
    }

    private (int From, int To)[] Class()
    {
        var rest = _pattern[(_at + 2)..];
        var end = rest.IndexOf(":]");
        if (end < 0)
            throw Error("a '[:' is never closed", _at);
        var name = rest[..end].ToString();
        var ranges = RegexClasses.Find(name) ?? throw Error($"there is no class '[:{SieveText.Cut(name, 20)}:]'", _at);
        _at += end + 4;
        return ranges;
    }
}

/// <summary>The named classes of brackets, of ASCII as in POSIX's own locale.</summary>
internal static class RegexClasses
{
    public static readonly (int From, int To)[] Word = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

    public static (int From, int To)[]? Find(string name) => name switch
    {
        "alpha" => [('A', 'Z'), ('a', 'z')],
        "lower" => [('a', 'z')],
        "upper" => [('A', 'Z')],
        "digit" => [('0', '9')],
        "alnum" => [('0', '9'), ('A', 'Z'), ('a', 'z')],
        "xdigit" => [('0', '9'), ('A', 'F'), ('a', 'f')],
        "space" => [('\t', '\r'), (' ', ' ')],
        "blank" => [('\t', '\t'), (' ', ' ')],
        "punct" => [('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "print" => [(' ', '~')],
        "graph" => [('!', '~')],
        "cntrl" => [('\0', '\x1F'), ('\x7F', '\x7F')],
        _ => null,
    };
}
