using System.Text;
using Sora.Sieve.Messages;

namespace Sora.Sieve.Matching;

/// <summary>
/// A pattern of <c>:matches</c> (RFC 5228 section 2.7.1): <c>*</c> is any number of characters, <c>?</c> is one, a backslash takes the meaning from what follows it. Each <c>*</c>
/// stands for as little as possible (RFC 5229 section 3.2), so the pieces between them are looked for from left to right and never again: the time is
/// at most the product of the two lengths.
/// </summary>
internal sealed class GlobPattern
{
    private readonly Piece[] _pieces; // what stands between the stars
    private readonly bool _byOctets;
    private readonly bool _hasWild;

    private GlobPattern(Piece[] pieces, bool byOctets, int length)
    {
        _pieces = pieces;
        _byOctets = byOctets;
        _hasWild = Array.Exists(pieces, static piece => piece.Wild is not null);
        Cost = 1 + (length / 16) + (pieces.Where(static piece => piece.Wild is not null).Select(static piece => piece.Text.Length).DefaultIfEmpty().Max() / 2);
    }

    /// <summary>Steps for each 256 characters of a value: a piece with <c>?</c> is tried at each of them, others are looked for many places at a time.</summary>
    public int Cost { get; }

    /// <summary>A run of characters; any will do in the places that are wild.</summary>
    private readonly record struct Piece(string Text, bool[]? Wild);

    public static GlobPattern Compile(string key, Comparator comparator)
    {
        var byOctets = comparator.CountsOctets && (HasWild(key) || SieveText.HasEscapes(key));
        var pieces = new List<Piece>();
        var text = new StringBuilder();
        var literal = new StringBuilder();
        List<int>? wild = null;
        for (var i = 0; i < key.Length; i++)
        {
            switch (key[i])
            {
                case '*':
                    EndPiece();
                    break;
                case '?':
                    EndLiteral();
                    (wild ??= []).Add(text.Length);
                    text.Append('\0');
                    break;
                case '\\' when i + 1 < key.Length:
                    literal.Append(key[++i]);
                    break;
                default:
                    literal.Append(key[i]);
                    break;
            }
        }

        EndPiece();
        return new GlobPattern([.. pieces], byOctets, key.Length);

        void EndLiteral()
        {
            var normal = comparator.Normalize(literal.ToString());
            text.Append(byOctets ? SieveText.ToOctets(normal) : normal);
            literal.Clear();
        }

        void EndPiece()
        {
            EndLiteral();
            bool[]? isWild = null;
            if (wild is not null)
            {
                isWild = new bool[text.Length];
                foreach (var at in wild)
                    isWild[at] = true;
            }

            pieces.Add(new Piece(text.ToString(), isWild));
            text.Clear();
            wild = null;
        }
    }

    /// <summary>The whole value matches.</summary>
    public bool IsMatch(SieveValue value, Comparator comparator)
    {
        var text = comparator.Normalize(value);
        return _byOctets
            ? Match(SieveText.ToOctets(text), null, null)
            : Match(text, null, _hasWild && !comparator.CountsOctets ? MapOf(value.Text, comparator) : null);
    }

    /// <summary>What the wildcards stood for, the whole value first (RFC 5229 section 3.2), in a value that matches.</summary>
    public string[] Capture(SieveValue value, Comparator comparator)
    {
        var text = value.Text;
        var normal = comparator.Normalize(value);
        var places = new List<(int Start, int End)>();
        if (_byOctets)
        {
            // The case of octets changes nothing about where they are
            var octets = SieveText.ToOctets(text);
            Match(SieveText.ToOctets(normal), places, null);
            return Cut(text, places, (start, end) => SieveText.FromOctets(octets.AsSpan(start, end - start)));
        }

        var map = comparator.CountsOctets ? null : MapOf(text, comparator);
        Match(normal, places, map);
        return Cut(text, places, (start, end) => map is null ? text[start..end] : text[map[start]..map[end]]);
    }

    private static bool HasWild(string key)
    {
        for (var i = 0; i < key.Length; i++)
        {
            if (key[i] == '\\')
                i++;
            else if (key[i] == '?')
                return true;
        }

        return false;
    }

    private static string[] Cut(string value, List<(int Start, int End)> places, Func<int, int, string> cut)
    {
        var values = new string[places.Count + 1];
        values[0] = value;
        for (var i = 0; i < places.Count; i++)
            values[i + 1] = cut(places[i].Start, places[i].End);
        return values;
    }

    // From places in the normal form to places in the value; one entry more than there are characters
    private static int[] MapOf(string value, Comparator comparator)
    {
        var map = new List<int>(value.Length + 1);
        for (var at = 0; at < value.Length;)
        {
            var length = char.IsHighSurrogate(value[at]) && at + 1 < value.Length && char.IsLowSurrogate(value[at + 1]) ? 2 : 1;
            var count = comparator.Normalize(value.Substring(at, length)).Length;
            for (var i = 0; i < count; i++)
                map.Add(at);
            at += length;
        }

        map.Add(value.Length);
        return [.. map];
    }

    private bool Match(string text, List<(int Start, int End)>? places, int[]? map)
    {
        var first = _pieces[0];
        if (!MatchAt(text, 0, first, places, map, out var at))
            return false;
        if (_pieces.Length == 1)
            return at == text.Length;
        for (var i = 1; i < _pieces.Length - 1; i++)
        {
            if (!Find(text, at, _pieces[i], places, map, out at))
                return false;
        }

        var last = _pieces[^1];
        var start = at;
        if (last.Wild is null)
        {
            if (text.Length - at < last.Text.Length || !text.EndsWith(last.Text, StringComparison.Ordinal))
                return false;
            places?.Add((start, text.Length - last.Text.Length));
            return true;
        }

        // From the end, because the star before it takes the rest
        var from = StartFromEnd(text, last, map);
        if (from < at)
            return false;
        places?.Add((start, from));
        return MatchAt(text, from, last, places, map, out var end) && end == text.Length;
    }

    // Where the last piece begins when it is to end with the text
    private static int StartFromEnd(string text, Piece piece, int[]? map)
    {
        var at = text.Length;
        for (var i = piece.Text.Length - 1; i >= 0; i--)
        {
            if (--at < 0)
                return -1;
            while (piece.Wild![i] && IsInside(at, map))
                at--;
        }

        return at;
    }

    private static bool Find(string text, int from, Piece piece, List<(int Start, int End)>? places, int[]? map, out int end)
    {
        end = from;
        if (piece.Wild is null)
        {
            var found = text.AsSpan(from).IndexOf(piece.Text, StringComparison.Ordinal);
            if (found < 0)
                return false;
            places?.Add((from, from + found));
            end = from + found + piece.Text.Length;
            return true;
        }

        var kept = places?.Count ?? 0;
        for (var at = from; at + piece.Text.Length <= text.Length; at++)
        {
            if (IsInside(at, map))
                continue;
            places?.Add((from, at));
            if (MatchAt(text, at, piece, places, map, out end))
                return true;
            places?.RemoveRange(kept, places.Count - kept);
        }

        return false;
    }

    private static bool MatchAt(string text, int at, Piece piece, List<(int Start, int End)>? places, int[]? map, out int end)
    {
        end = at;
        if (piece.Wild is null)
        {
            if (!text.AsSpan(at).StartsWith(piece.Text, StringComparison.Ordinal))
                return false;
            end = at + piece.Text.Length;
            return true;
        }

        for (var i = 0; i < piece.Text.Length; i++)
        {
            if (end >= text.Length)
                return false;
            if (!piece.Wild[i])
            {
                if (text[end++] != piece.Text[i])
                    return false;
                continue;
            }

            var start = end++;
            while (end < text.Length && IsInside(end, map))
                end++;
            places?.Add((start, end));
        }

        return true;
    }

    // The place is not where a character of the value begins
    private static bool IsInside(int at, int[]? map) => map is not null && at > 0 && map[at] == map[at - 1];
}
