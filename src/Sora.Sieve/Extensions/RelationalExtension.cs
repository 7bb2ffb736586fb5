using System.Globalization;
using Sora.Sieve.Matching;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Validation;
using MatchType = Sora.Sieve.Matching.MatchType;

namespace Sora.Sieve.Extensions;

/// <summary>relational (RFC 5231): <c>:value</c> and <c>:count</c>.</summary>
internal sealed class RelationalExtension : SieveExtension
{
    public override string Capability => "relational";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.MatchType(new MatchTypeDefinition("value", ArgumentKind.String, static text => Relation(text) is { } holds ? new RelationType(holds, false) : null));
        vocabulary.MatchType(new MatchTypeDefinition("count", ArgumentKind.String, static text => Relation(text) is { } holds ? new RelationType(holds, true) : null));
    }

    // relational-match = ":count" / ":value" with "gt" / "ge" / "lt" / "le" / "eq" / "ne"
    private static Func<int, bool>? Relation(string text) => text.ToLowerInvariant() switch
    {
        "gt" => static order => order > 0,
        "ge" => static order => order >= 0,
        "lt" => static order => order < 0,
        "le" => static order => order <= 0,
        "eq" => static order => order == 0,
        "ne" => static order => order != 0,
        _ => null,
    };

    private sealed class RelationType(Func<int, bool> holds, bool counts) : MatchType
    {
        public override Matcher Create(Comparator comparator, string[] keys, bool captures) =>
            new RelationMatcher(comparator, Array.ConvertAll(keys, comparator.Normalize), holds, counts);
    }

    private sealed class RelationMatcher(Comparator comparator, string[] keys, Func<int, bool> holds, bool counts) : Matcher
    {
        public override bool CountsValues => counts;

        public override ValueTask<bool> MatchAsync(SieveRun run, SieveValue value)
        {
            run.Spend(value.Text.Length, keys.Length);
            return new(Holds(comparator.Normalize(value)));
        }

        public override bool MatchCount(SieveRun run, int count) =>
            Holds(comparator.Normalize(count.ToString(CultureInfo.InvariantCulture)));

        private bool Holds(string value)
        {
            foreach (var key in keys)
                if (holds(comparator.Compare(value, key)))
                    return true;
            return false;
        }
    }
}
