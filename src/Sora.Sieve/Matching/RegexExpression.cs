using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Sora.Sieve.Matching;

/// <summary>
/// A regular expression that is ready to be held against values. .NET's automaton, which takes a fixed time for each character, says whether and where something matches; what the groups hold, and what
/// .NET sees otherwise than POSIX does, <see cref="RegexMatch"/> finds out.
/// </summary>
internal sealed class RegexExpression
{
    // What .NET makes takes milliseconds, and more than in proportion to the size; that is not counted in steps
    private const int MaxSizeForNet = 500;

    private readonly ParsedRegex _parsed;
    private readonly Lazy<RegexProgram> _program;
    private readonly Regex? _regex;
    private bool _isForNet = true; // its automaton errs with places in the middle of an expression
    private bool _hasWords;
    private bool _isExact = true; // it knows what a word boundary is, but not on which side the word is

    private RegexExpression(ParsedRegex parsed, bool isOnce)
    {
        _parsed = parsed;
        _program = new Lazy<RegexProgram>(() => RegexProgram.Of(parsed));
        if (isOnce || parsed.Size > MaxSizeForNet)
            return;
        var pattern = new StringBuilder();
        Write(parsed.Root, pattern, isFirst: true, isLast: true);
        if (!_isForNet)
            return;
        try
        {
            _regex = new Regex(pattern.ToString(), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, Regex.InfiniteMatchTimeout);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            // .NET has a limit of its own
        }
    }

    /// <summary>Characters, sets and places of the expression, repetitions written out.</summary>
    public int Size => _parsed.Size;

    /// <summary>Makes it ready.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="letters">What the case of letters means.</param>
    /// <param name="maxSize">Largest size.</param>
    /// <param name="isOnce">It is held against few values: making .NET's automaton would cost more than it saves.</param>
    /// <exception cref="RegexSyntaxException">The pattern is no regular expression, or too large.</exception>
    public static RegexExpression Compile(string pattern, RegexCase letters, int maxSize, bool isOnce = false) => new(RegexParser.Parse(pattern, letters, maxSize), isOnce);

    /// <summary>Something in the text matches.</summary>
    /// <param name="text">Where to look.</param>
    /// <param name="spend">Told what states were looked at beyond a fixed number for each character; may throw.</param>
    public bool IsMatch(string text, Action<int> spend)
    {
        if (!IsForNet(text))
            return RegexMatch.Find(_program.Value, text, 0, isAnchored: false, captures: false, spend) is not null;
        return _regex!.IsMatch(text) && (_isExact || RegexMatch.Find(_program.Value, text, 0, isAnchored: false, captures: false, spend) is not null);
    }

    /// <summary>Start and end of the match and of each group, -1 for those that took no part; null without a match.</summary>
    public int[]? Find(string text, Action<int> spend)
    {
        if (!IsForNet(text))
            return RegexMatch.Find(_program.Value, text, 0, isAnchored: false, captures: true, spend);
        foreach (var match in _regex!.EnumerateMatches(text))
            return RegexMatch.Find(_program.Value, text, match.Index, isAnchored: _isExact, captures: true, spend);
        return null;
    }

    // Characters beyond U+FFFF are two to .NET, and its words are not of ASCII alone
    private bool IsForNet(string text) =>
        _regex is not null && (_hasWords ? Ascii.IsValid(text) : text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0);

    private void Write(RegexNode node, StringBuilder output, bool isFirst, bool isLast)
    {
        switch (node)
        {
            case RegexSet set:
                Write(set.Set, output);
                break;
            case RegexAssertion assertion:
                _isForNet &= assertion.Place switch { RegexPlace.Start => isFirst, RegexPlace.End => isLast, _ => isFirst || isLast };
                _hasWords |= assertion.Place is not (RegexPlace.Start or RegexPlace.End);
                _isExact &= assertion.Place is not (RegexPlace.WordStart or RegexPlace.WordEnd);
                output.Append(assertion.Place switch { RegexPlace.Start => @"\A", RegexPlace.End => @"\z", RegexPlace.NoWordBoundary => @"\B", _ => @"\b" });
                break;
            case RegexGroup group:
                Write(group.Piece, output, isFirst, isLast);
                break;
            case RegexSequence sequence:
                for (var i = 0; i < sequence.Pieces.Length; i++)
                    Write(sequence.Pieces[i], output, isFirst && i == 0, isLast && i == sequence.Pieces.Length - 1);
                break;
            case RegexAlternatives alternatives:
                for (var i = 0; i < alternatives.Pieces.Length; i++)
                    Write(alternatives.Pieces[i], output.Append(i == 0 ? "(?:" : "|"), isFirst, isLast);
                output.Append(')');
                break;
            case RegexRepetition repetition:
                Write(repetition.Piece, output.Append("(?:"), isFirst: false, isLast: false);
                output.Append(')').Append(Times(repetition));
                break;
        }
    }

    private static string Times(RegexRepetition repetition) => (repetition.Least, repetition.Most) switch
    {
        (0, < 0) => "*",
        (1, < 0) => "+",
        (0, 1) => "?",
        var (least, most) => string.Create(CultureInfo.InvariantCulture, $"{{{least},{(most < 0 ? "" : most.ToString(CultureInfo.InvariantCulture))}}}"),
    };

    // The part of the set below the surrogates and above them: other texts never come to .NET
    private static void Write(CodePointSet set, StringBuilder output)
    {
        var start = output.Append('[').Length;
        foreach (var (from, to) in set.Ranges)
        {
            if (from > char.MaxValue)
                break;
            Write((char)from, output);
            if (to > from)
                Write((char)Math.Min(to, char.MaxValue), output.Append('-'));
        }

        if (output.Length == start)
            output.Append(@"^\s\S");
        output.Append(']');
    }

    private static void Write(char c, StringBuilder output) => output.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
}
