using System.Text;
using System.Text.RegularExpressions;
using Sora.Sieve.Matching;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Validation;
using MatchType = Sora.Sieve.Matching.MatchType;

namespace Sora.Sieve.Extensions;

/// <summary>
/// regex (draft-ietf-sieve-regex): POSIX extended regular expressions, matched by an automaton: the time grows with the length of the value and no pattern can change that.
/// </summary>
internal sealed class RegexExtension : SieveExtension
{
    public override string Capability => "regex";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.MatchType(new MatchTypeDefinition("regex", ArgumentKind.None, static _ => new RegexMatchType()));
        vocabulary.Tag(VariablesExtension.Modifier("quoteregex", 20, Quote, VariablesExtension.CutQuoted));
    }

    private static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 8);
        foreach (var c in text)
        {
            if (c is '.' or '*' or '+' or '?' or '[' or ']' or '(' or ')' or '{' or '}' or '|' or '^' or '$' or '\\')
                quoted.Append('\\');
            quoted.Append(c);
        }

        return quoted.ToString();
    }

    private sealed class RegexCount
    {
        public int Value { get; set; }
    }

    private sealed class RegexMatchType : MatchType
    {
        public override bool NeedsSubstring => true;

        public override int CreationCost => 500;

        public override string? Check(string key, CompilationContext context)
        {
            if (key.Length > context.Options.MaxRegexLength)
                return $"The regular expression is longer than {context.Options.MaxRegexLength} characters";
            if (++context.State<RegexCount>().Value > context.Options.MaxRegexes)
                return $"The script has more than {context.Options.MaxRegexes} regular expressions";
            try
            {
                RegexTranslator.Translate(key, asciiCase: true, out _);
                return null;
            }
            catch (RegexSyntaxException e)
            {
                return $"{SieveText.Show(key)} is no regular expression: {e.Message}";
            }
        }

        public override Matcher Create(Comparator comparator, string[] keys, bool captures) =>
            new RegexMatcher(Array.ConvertAll(keys, key => Compiled.Of(key, comparator)), captures);
    }

    /// <summary>A pattern, or why it is none.</summary>
    private sealed record Compiled(Regex? Regex, int Size, string? Problem = null)
    {
        // For patterns that are made of variables; those of scripts are shorter by option
        private const int MaxLength = 4_096;

        public static Compiled Of(string pattern, Comparator comparator)
        {
            if (pattern.Length > MaxLength)
                throw new SieveRuntimeException($"A regular expression is longer than {MaxLength} characters");
            try
            {
                var translated = RegexTranslator.Translate(pattern, comparator is AsciiCasemapComparator, out var size);
                var options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
                if (comparator is UnicodeCasemapComparator)
                    options |= RegexOptions.IgnoreCase;
                return new Compiled(new Regex(translated, options, Regex.InfiniteMatchTimeout), size);
            }
            catch (RegexSyntaxException e)
            {
                return new Compiled(null, 0, $"{SieveText.Show(pattern)} is no regular expression: {e.Message}");
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                // .NET's own limit of the automaton
                throw new SieveRuntimeException($"The regular expression {SieveText.Show(pattern)} is too large once its repetitions are written out");
            }
        }
    }

    private sealed class RegexMatcher(Compiled[] patterns, bool captures) : Matcher
    {
        public override ValueTask<bool> MatchAsync(SieveRun run, SieveValue value)
        {
            foreach (var pattern in patterns)
            {
                // An automaton may have to follow all of its places at each character
                run.Spend(value.Text.Length, 1 + (pattern.Size / 4));
                if (pattern.Regex is null)
                {
                    // Made of variables: constants were checked. The owner can see it, and nothing matches
                    run.Log($"line {run.Line}: {pattern.Problem}");
                    run.Trace(new(run.Line, 1), pattern.Problem!);
                    continue;
                }

                if (!captures)
                {
                    if (pattern.Regex.IsMatch(value.Text))
                        return new(true);
                    continue;
                }

                if (pattern.Regex.Match(value.Text) is not { Success: true } match)
                    continue;
                var values = new string[Math.Min(match.Groups.Count, VariableReferences.MaxMatchVariable + 1)];
                for (var i = 0; i < values.Length; i++)
                    values[i] = match.Groups[i].Value;
                run.Scope.MatchValues = values;
                return new(true);
            }

            return new(false);
        }
    }
}
