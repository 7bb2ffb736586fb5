namespace Sora.Sieve.Validation;

/// <summary>Finds the name that an author may have meant.</summary>
internal static class Spelling
{
    private const int MaxLength = 40;

    /// <summary>A hint behind a message, with what the author may have meant; empty when no name is near.</summary>
    /// <param name="name">What the script says.</param>
    /// <param name="known">All names.</param>
    /// <param name="show">The name in the message.</param>
    public static string Hint(string name, IEnumerable<string> known, Func<string, string> show)
    {
        if (name.Length is < 2 or > MaxLength)
            return "";
        var best = "";
        var least = Math.Min(2, name.Length / 3) + 1;
        foreach (var candidate in known)
        {
            if (candidate.Length > MaxLength || Math.Abs(candidate.Length - name.Length) >= least)
                continue;
            var distance = Distance(name, candidate);
            if (distance > 0 && (distance < least || (distance == least && best.Length > 0 && string.CompareOrdinal(candidate, best) < 0)))
                (least, best) = (distance, candidate);
        }

        return best.Length == 0 ? "" : $"; {show(best)} may be meant";
    }

    // Letters added, left out, changed, or two in the wrong order
    private static int Distance(string a, string b)
    {
        var before = new int[b.Length + 1];
        var row = new int[b.Length + 1];
        var next = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            next[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = row[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                next[j] = Math.Min(change, Math.Min(row[j], next[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    next[j] = Math.Min(next[j], before[j - 2] + 1);
            }

            (before, row, next) = (row, next, before);
        }

        return row[b.Length];
    }
}
