namespace Sora.Configuration.Model;

/// <summary>Finds what a misspelt name was meant to be.</summary>
internal static class Spelling
{
    /// <summary>
    /// The candidate with the fewest edits, when these are at most a third of the name's length; null when none is that close.
    /// </summary>
    public static string? Closest(string name, IEnumerable<string> candidates)
    {
        // A name from a file can be as long as the file: it is nobody's typing error then
        if (name.Length > 64)
        {
            return null;
        }

        var best = candidates
            .Select(c => (Name: c, Edits: Edits(name.ToLowerInvariant(), c)))
            .DefaultIfEmpty((Name: "", Edits: int.MaxValue)).MinBy(c => c.Edits);
        return best.Edits <= Math.Max(1, name.Length / 3) ? best.Name : null;
    }

    /// <summary>Insertions, deletions, substitutions and swaps of neighbours.</summary>
    private static int Edits(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                var replaced = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(replaced, 1 + Math.Min(rows[i - 1, j], rows[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[a.Length, b.Length];
    }
}
