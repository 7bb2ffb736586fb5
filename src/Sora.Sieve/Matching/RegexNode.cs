using System.Collections.Immutable;

namespace Sora.Sieve.Matching;

/// <summary>A piece of a regular expression.</summary>
internal abstract record RegexNode;

/// <summary>One character out of a set.</summary>
internal sealed record RegexSet(CodePointSet Set) : RegexNode;

/// <summary>A place that takes no character.</summary>
internal sealed record RegexAssertion(RegexPlace Place) : RegexNode;

/// <summary>Pieces one after the other; none is the empty expression.</summary>
internal sealed record RegexSequence(ImmutableArray<RegexNode> Pieces) : RegexNode;

/// <summary>Any of the pieces.</summary>
internal sealed record RegexAlternatives(ImmutableArray<RegexNode> Pieces) : RegexNode;

/// <summary>A piece in parentheses.</summary>
/// <param name="Number">Of the group, from 1.</param>
/// <param name="LastInside">The highest number of the groups inside it; its own where there are none.</param>
/// <param name="Piece">What stands in the parentheses.</param>
internal sealed record RegexGroup(int Number, int LastInside, RegexNode Piece) : RegexNode;

/// <summary>A piece so many times.</summary>
/// <param name="Piece">What is repeated.</param>
/// <param name="Least">Least number of times.</param>
/// <param name="Most">Most; negative where there is no end.</param>
internal sealed record RegexRepetition(RegexNode Piece, int Least, int Most) : RegexNode;

/// <summary>The places that assertions know. Words are of ASCII letters, digits and underscores, as for the C library without a locale.</summary>
internal enum RegexPlace
{
    Start,
    End,
    WordBoundary,
    NoWordBoundary,
    WordStart,
    WordEnd,
}
