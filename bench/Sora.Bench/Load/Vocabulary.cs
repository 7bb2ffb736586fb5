namespace Sora.Bench.Load;

/// <summary>Made-up words that are drawn as words of a language are: the n-th most common one in n times fewer places than the first.</summary>
internal sealed class Vocabulary
{
    private const int Size = 8000;

    private static readonly string[] Common =
    [
        "the", "of", "and", "to", "in", "a", "is", "that", "for", "it", "we", "with", "on", "you", "this", "are", "be", "as", "have",
        "not", "please", "mail", "meeting", "report", "thanks", "invoice", "project", "today", "week", "server", "order", "team",
    ];

    private static readonly string[] Onsets =
        ["b", "br", "c", "d", "dr", "f", "fl", "g", "h", "j", "k", "l", "m", "n", "p", "pl", "qu", "r", "s", "st", "t", "tr", "v", "w"];

    private static readonly string[] Vowels = ["a", "e", "i", "o", "u", "ai", "ea", "io", "ou"];

    private static readonly string[] Codas = ["", "", "", "n", "r", "s", "l", "t", "nd", "rm", "ck", "st"];

    private readonly byte[][] _words = new byte[Size][];
    private readonly double[] _cumulative = new double[Size];

    public Vocabulary(Random random)
    {
        var seen = new HashSet<string>(Common, StringComparer.Ordinal);
        var total = 0.0;
        for (var i = 0; i < Size; i++)
        {
            _words[i] = System.Text.Encoding.ASCII.GetBytes(i < Common.Length ? Common[i] : NewWord(random, seen));
            total += 1.0 / (i + 1);
            _cumulative[i] = total;
        }
    }

    /// <summary>The next word of a text.</summary>
    public ReadOnlySpan<byte> Next(Random random)
    {
        var at = Array.BinarySearch(_cumulative, random.NextDouble() * _cumulative[^1]);
        return _words[Math.Min(at < 0 ? ~at : at, Size - 1)];
    }

    private static string NewWord(Random random, HashSet<string> seen)
    {
        while (true)
        {
            var word = "";
            for (var syllables = random.Next(1, 4); syllables > 0; syllables--)
            {
                word += Pick(random, Onsets) + Pick(random, Vowels) + Pick(random, Codas);
            }

            if (seen.Add(word))
            {
                return word;
            }
        }
    }

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
