using Sora.Sieve.Matching;

namespace Sora.Sieve.Tests;

/// <summary>
/// POSIX's rule as it is written (IEEE 1003.1 section 9.1), for short texts: of all ways to match the one that begins first and is longest, and in it each subexpression, from left to
/// right and from the outside in, as long as it can be. Slow and simple, for tests.
/// </summary>
internal static class RegexOracle
{
    public static int[]? Find(ParsedRegex regex, string text)
    {
        for (var start = 0; start <= text.Length; start++)
        {
            for (var end = text.Length; end >= start; end--)
            {
                if (!Ways(regex.Root, text, start, end))
                    continue;
                var places = new int[2 * (regex.Groups + 1)];
                Array.Fill(places, -1);
                (places[0], places[1]) = (start, end);
                Place(regex.Root, text, start, end, places);
                return places;
            }
        }

        return null;
    }

    private static bool Ways(RegexNode node, string text, int start, int end) => node switch
    {
        RegexSet set => end == start + 1 && set.Set.Contains(text[start]),
        RegexAssertion assertion => start == end && IsPlace(assertion.Place, text, start),
        RegexGroup group => Ways(group.Piece, text, start, end),
        RegexAlternatives alternatives => alternatives.Pieces.Any(piece => Ways(piece, text, start, end)),
        RegexSequence sequence => Split(sequence.Pieces.AsSpan().ToArray(), text, start, end) is not null,
        RegexRepetition repetition => Times(repetition, text, start, end) is not null,
        _ => throw new ArgumentException("no node"),
    };

    private static void Place(RegexNode node, string text, int start, int end, int[] places)
    {
        switch (node)
        {
            case RegexGroup group:
                Array.Fill(places, -1, 2 * group.Number, 2 * (group.LastInside - group.Number + 1));
                (places[2 * group.Number], places[(2 * group.Number) + 1]) = (start, end);
                Place(group.Piece, text, start, end, places);
                break;
            case RegexAlternatives alternatives:
                Place(alternatives.Pieces.First(piece => Ways(piece, text, start, end)), text, start, end, places);
                break;
            case RegexSequence sequence:
                var ends = Split(sequence.Pieces.AsSpan().ToArray(), text, start, end)!;
                for (var i = 0; i < ends.Length; i++)
                {
                    Place(sequence.Pieces[i], text, start, ends[i], places);
                    start = ends[i];
                }

                break;
            case RegexRepetition repetition:
                foreach (var stop in Times(repetition, text, start, end)!)
                {
                    Place(repetition.Piece, text, start, stop, places);
                    start = stop;
                }

                break;
        }
    }

    // Where the pieces end, each as far behind as it can
    private static int[]? Split(RegexNode[] pieces, string text, int start, int end)
    {
        if (pieces.Length == 0)
            return start == end ? [] : null;
        for (var stop = end; stop >= start; stop--)
            if (Ways(pieces[0], text, start, stop) && Split(pieces[1..], text, stop, end) is { } rest)
                return [stop, .. rest];
        return null;
    }

    // Where the times end. Nothing is only taken as often as it must, but once rather than never
    private static int[]? Times(RegexRepetition repetition, string text, int start, int end)
    {
        if (repetition.Most == 0)
            return start == end ? [] : null;
        if (Times(repetition, text, start, end, 0) is { } times)
            return times;
        return start == end && repetition.Least == 0 ? [] : null;
    }

    private static int[]? Times(RegexRepetition repetition, string text, int start, int end, int count)
    {
        if (count >= Math.Max(repetition.Least, 1) && start == end)
            return [];
        if (count == repetition.Most)
            return null;
        for (var stop = end; stop >= start; stop--)
        {
            if (stop == start && count >= Math.Max(repetition.Least, 1))
                break;
            if (Ways(repetition.Piece, text, start, stop) && Times(repetition, text, stop, end, count + 1) is { } rest)
                return [stop, .. rest];
        }

        return null;
    }

    private static bool IsWord(string text, int at) => at >= 0 && at < text.Length && char.IsAsciiLetterOrDigit(text[at]);

    private static bool IsPlace(RegexPlace place, string text, int at) => place switch
    {
        RegexPlace.Start => at == 0,
        RegexPlace.End => at == text.Length,
        RegexPlace.WordBoundary => IsWord(text, at - 1) != IsWord(text, at),
        RegexPlace.NoWordBoundary => IsWord(text, at - 1) == IsWord(text, at),
        RegexPlace.WordStart => !IsWord(text, at - 1) && IsWord(text, at),
        _ => IsWord(text, at - 1) && !IsWord(text, at),
    };
}
