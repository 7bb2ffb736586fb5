using System.Buffers;
using System.Text;

namespace Sora.Mime;

/// <summary>
/// The collation <c>i;unicode-casemap</c> (RFC 5051): each character is replaced by its simple titlecase mapping and then by its decomposition, canonical or
/// compatible, until nothing changes. What is folded is compared as it is: ordinal order, ordinal equality, ordinal substrings.
/// Works character by character, so text may be folded in pieces that are cut between characters.
/// </summary>
public static class UnicodeCasemap
{
    private const int PieceLength = 1024;

    private static readonly CasemapTable Table = CasemapTable.Load();

    // ASCII without the small letters
    private static readonly SearchValues<char> Unchanged = SearchValues.Create(
        [.. Enumerable.Range(0, 128).Select(static c => (char)c).Where(static c => !char.IsAsciiLetterLower(c))]);

    /// <summary>No character becomes more UTF-16 code units than this.</summary>
    public static int MaxExpansion => Table.MaxExpansion;

    /// <summary>The folded text; the same object when folding changes nothing.</summary>
    public static string Fold(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var same = UnchangedLength(text);
        if (same == text.Length)
            return text;
        var builder = new StringBuilder(text.Length + 8).Append(text, 0, same);
        Span<char> buffer = stackalloc char[64];
        for (var rest = text.AsSpan(same); !rest.IsEmpty;)
        {
            rest = rest[Fold(rest, buffer, out var written)..];
            builder.Append(buffer[..written]);
        }

        return builder.ToString();
    }

    /// <summary>The folded text.</summary>
    public static string Fold(ReadOnlySpan<char> text) => Fold(text.ToString());

    /// <summary>Writes the folded text to <paramref name="output"/>.</summary>
    public static void Fold(ReadOnlySpan<char> text, IBufferWriter<char> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        while (!text.IsEmpty)
        {
            var span = output.GetSpan(Math.Min(text.Length, PieceLength) + MaxExpansion);
            text = text[Fold(text, span, out var written)..];
            output.Advance(written);
        }
    }

    /// <summary>
    /// Folds as much of <paramref name="text"/> as there is room for (at least one character when there is room for <see cref="MaxExpansion"/>), and
    /// returns how many of its code units that were.
    /// </summary>
    public static int Fold(ReadOnlySpan<char> text, Span<char> destination, out int written)
    {
        var taken = 0;
        written = 0;
        while (taken < text.Length)
        {
            var room = Math.Min(text.Length - taken, destination.Length - written);
            Ascii.ToUpper(text.Slice(taken, room), destination[written..], out var ascii);
            taken += ascii;
            written += ascii;
            if (taken == text.Length || written == destination.Length)
                break;
            var length = 1;
            int character = text[taken];
            if (char.IsHighSurrogate((char)character) && taken + 1 < text.Length && char.IsLowSurrogate(text[taken + 1]))
            {
                character = char.ConvertToUtf32(text[taken], text[taken + 1]);
                length = 2;
            }

            var folded = Table.Find(character);
            if (folded.IsEmpty)
                folded = text.Slice(taken, length);
            if (!folded.TryCopyTo(destination[written..]))
                break;
            taken += length;
            written += folded.Length;
        }

        return taken;
    }

    private static int UnchangedLength(string text)
    {
        var at = 0;
        while (at < text.Length)
        {
            var run = text.AsSpan(at).IndexOfAnyExcept(Unchanged);
            at = run < 0 ? text.Length : at + run;
            if (run < 0 || char.IsAscii(text[at]) || char.IsSurrogate(text[at]) || !Table.Find(text[at]).IsEmpty)
                break;
            at++;
        }

        return at;
    }
}
