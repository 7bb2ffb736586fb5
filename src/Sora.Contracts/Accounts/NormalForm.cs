using System.Text;

namespace Sora.Contracts;

/// <summary>
/// Unicode's Normalization Form C (UAX #15): what looks the same is written the same, composed where it can be. RFC 5198 wants names in it, which RFC 9051 section 5.1
/// calls Net-Unicode. The program runs without the system's tables for languages, so <see cref="string.Normalize()"/> would change nothing.
/// </summary>
public static class NormalForm
{
    private const char FirstThatMatters = '\u0300'; // what is below neither decomposes nor composes with what is below

    private const int HangulFirst = 0xAC00;
    private const int LeadFirst = 0x1100;
    private const int VowelFirst = 0x1161;
    private const int TrailBefore = 0x11A7;
    private const int Leads = 19;
    private const int Vowels = 21;
    private const int Trails = 28;

    private static readonly Lazy<NormalFormTable> Table = new(NormalFormTable.Load);

    /// <summary>The composed text; the same object when it has no mark and nothing beyond Latin. Lone surrogates stay.</summary>
    public static string Compose(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', (char)(FirstThatMatters - 1)) < 0)
            return text;
        var characters = new List<int>(text.Length + 8);
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                Decompose(char.ConvertToUtf32(text[i], text[++i]), characters);
            else
                Decompose(text[i], characters);
        }

        Order(characters);
        return Write(characters);
    }

    private static void Decompose(int character, List<int> output)
    {
        var syllable = character - HangulFirst;
        if ((uint)syllable < Leads * Vowels * Trails)
        {
            output.Add(LeadFirst + syllable / (Vowels * Trails));
            output.Add(VowelFirst + syllable % (Vowels * Trails) / Trails);
            if (syllable % Trails != 0)
                output.Add(TrailBefore + syllable % Trails);
        }
        else if (Table.Value.TryDecompose(character, out var first, out var second))
        {
            Decompose(first, output);
            if (second != 0)
                Decompose(second, output);
        }
        else
        {
            output.Add(character);
        }
    }

    // Marks on one base are sorted by class, those of one class stay in their order. A run of them may be as long as the text.
    private static void Order(List<int> characters)
    {
        for (var start = 0; start < characters.Count; start++)
        {
            var end = start;
            while (end < characters.Count && Table.Value.ClassOf(characters[end]) != 0)
                end++;
            if (end - start < 2)
                continue;
            var run = characters.GetRange(start, end - start).OrderBy(Table.Value.ClassOf).ToArray();
            for (var i = 0; i < run.Length; i++)
                characters[start + i] = run[i];
            start = end;
        }
    }

    private static string Write(List<int> characters)
    {
        var kept = 0;
        var starter = -1;
        var lastClass = 0;
        for (var i = 0; i < characters.Count; i++)
        {
            var character = characters[i];
            var characterClass = Table.Value.ClassOf(character);
            if (starter >= 0 && (lastClass == 0 || lastClass < characterClass) && Pair(characters[starter], character) is var composed and > 0)
            {
                characters[starter] = composed;
                continue;
            }

            if (characterClass == 0)
                starter = kept;
            lastClass = characterClass;
            characters[kept++] = character;
        }

        var result = new StringBuilder(kept);
        for (var i = 0; i < kept; i++)
        {
            if (characters[i] > char.MaxValue)
                result.Append(char.ConvertFromUtf32(characters[i]));
            else
                result.Append((char)characters[i]);
        }

        return result.ToString();
    }

    private static int Pair(int first, int second)
    {
        if ((uint)(first - LeadFirst) < Leads && (uint)(second - VowelFirst) < Vowels)
            return HangulFirst + ((first - LeadFirst) * Vowels + (second - VowelFirst)) * Trails;
        var syllable = first - HangulFirst;
        if ((uint)syllable < Leads * Vowels * Trails && syllable % Trails == 0 && second > TrailBefore && second < TrailBefore + Trails)
            return first + second - TrailBefore;
        return Table.Value.Compose(first, second);
    }
}
