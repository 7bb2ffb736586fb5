using System.Text;
using Sora.Sieve.Matching;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Validation;
using MatchType = Sora.Sieve.Matching.MatchType;

namespace Sora.Sieve.Extensions;

/// <summary>
/// regex (draft-ietf-sieve-regex): POSIX extended regular expressions, matched by automata: the time grows with the length of the value and no pattern can change that.
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
                RegexParser.Parse(key, RegexCase.Exact, context.Options.MaxRegexSize);
                return null;
            }
            catch (RegexSyntaxException e)
            {
                return $"{SieveText.Show(key)} is no regular expression: {e.Message}";
            }
        }

        public override Matcher Create(Comparator comparator, string[] keys, bool captures) =>
            new RegexMatcher(Array.ConvertAll(keys, key => Compiled.Of(key, comparator, Options, isOnce: false)), captures);

        public override Matcher CreateOnce(Comparator comparator, string[] keys, bool captures) =>
            new RegexMatcher(Array.ConvertAll(keys, key => Compiled.Of(key, comparator, Options, isOnce: true)), captures);
    }

    /// <summary>A pattern, or why it is none.</summary>
    private sealed record Compiled(RegexExpression? Expression, string? Problem = null)
    {
        public static Compiled Of(string pattern, Comparator comparator, SieveCompilerOptions options, bool isOnce)
        {
            if (pattern.Length > options.MaxRegexLength)
                return new Compiled(null, $"The regular expression is longer than {options.MaxRegexLength} characters");
            var letters = comparator switch
            {
                AsciiCasemapComparator => RegexCase.Ascii,
                UnicodeCasemapComparator => RegexCase.Unicode,
                _ => RegexCase.Exact,
            };
            try
            {
                return new Compiled(RegexExpression.Compile(pattern, letters, options.MaxRegexSize, isOnce));
            }
            catch (RegexSyntaxException e)
            {
                return new Compiled(null, $"{SieveText.Show(pattern)} is no regular expression: {e.Message}");
            }
        }
    }

    private sealed class RegexMatcher(Compiled[] patterns, bool captures) : Matcher
    {
        // States, or pairs of them, that are a step
        private const int StatesPerStep = 8;

        public override ValueTask<bool> MatchAsync(SieveRun run, SieveValue value)
        {
            foreach (var pattern in patterns)
            {
                if (pattern.Expression is not { } expression)
                {
                    // Made of variables: constants were checked. The owner can see it, and nothing matches
                    run.Log($"line {run.Line}: {pattern.Problem}");
                    run.Trace(new(run.Line, 1), pattern.Problem!);
                    continue;
                }

                // An automaton may have to follow all of its places at each character
                run.Spend(value.Text.Length, 1 + (expression.Size / 4));
                if (!captures)
                {
                    if (expression.IsMatch(value.Text, Spend))
                        return new(true);
                    continue;
                }

                if (expression.Find(value.Text, Spend) is not { } places)
                    continue;
                var values = new string[Math.Min(places.Length / 2, VariableReferences.MaxMatchVariable + 1)];
                for (var i = 0; i < values.Length; i++)
                    values[i] = places[2 * i] < 0 ? "" : value.Text[places[2 * i]..places[(2 * i) + 1]];
                run.Scope.MatchValues = values;
                return new(true);
            }

            return new(false);

            void Spend(int states) => run.Spend(0, states / StatesPerStep);
        }
    }
}
