namespace Sora.Contracts;

/// <summary>
/// Rights as letters (RFC 4314 section 2.1). The obsolete ones of section 2.1.1 are read as <c>c</c> = <c>kx</c> and <c>d</c> = <c>te</c>, and are
/// shown when any of their members is there.
/// </summary>
public static class RightsText
{
    private const Rights Create = Rights.CreateMailbox | Rights.DeleteMailbox;
    private const Rights Delete = Rights.DeleteMessages | Rights.Expunge;

    private static readonly (char Letter, Rights Rights)[] Letters =
    [
        ('l', Rights.Lookup), ('r', Rights.Read), ('s', Rights.KeepSeen), ('w', Rights.Write), ('i', Rights.Insert), ('p', Rights.Post),
        ('k', Rights.CreateMailbox), ('x', Rights.DeleteMailbox), ('t', Rights.DeleteMessages), ('e', Rights.Expunge), ('c', Create), ('d', Delete),
        ('a', Rights.Administer),
    ];

    /// <summary>Every right by itself, the obsolete ones too: what LISTRIGHTS says can be granted.</summary>
    public static IEnumerable<char> Grantable => Letters.Select(static row => row.Letter);

    /// <summary>The letters in the order of RFC 4314's table, with <c>c</c> and <c>d</c> where they belong; empty for no rights.</summary>
    public static string Format(Rights rights)
    {
        Span<char> text = stackalloc char[Letters.Length];
        var length = 0;
        foreach (var (letter, members) in Letters)
        {
            if ((rights & members) != Rights.None)
                text[length++] = letter;
        }

        return new string(text[..length]);
    }

    /// <summary>Reads letters in any order; false, with the offending one, for a letter that is no right. Capitals are none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Rights rights, out char unknown)
    {
        rights = Rights.None;
        unknown = '\0';
        foreach (var c in text)
        {
            var known = Array.Find(Letters, row => row.Letter == c);
            if (known.Rights == Rights.None)
            {
                unknown = c;
                return false;
            }

            rights |= known.Rights;
        }

        return true;
    }
}
