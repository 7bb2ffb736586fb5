using System.Buffers;
using System.Collections.Immutable;

namespace Sora.Sieve.Runtime;

/// <summary>
/// Flags as scripts write them (RFC 5232 section 2): words with spaces between them, without regard to case. What IMAP cannot store is left out.
/// </summary>
internal static class FlagList
{
    /// <summary>Flags that one message can have of a script; more are left out.</summary>
    public const int MaxFlags = 64;

    private const int MaxKeyword = 255;

    private static readonly SearchValues<char> NotInAtoms = SearchValues.Create("(){%*\"\\]");

    private static readonly string[] SystemFlags = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"];

    public static string[] Split(string flags) => flags.Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);

    public static ImmutableArray<string> Parse(IEnumerable<string> strings)
    {
        var flags = ImmutableArray.CreateBuilder<string>();
        foreach (var text in strings)
            foreach (var flag in Split(text))
                Add(flags, flag);
        return flags.ToImmutable();
    }

    public static ImmutableArray<string> Union(ImmutableArray<string> left, ImmutableArray<string> right)
    {
        var flags = left.ToBuilder();
        foreach (var flag in right)
            Add(flags, flag);
        return flags.ToImmutable();
    }

    private static void Add(ImmutableArray<string>.Builder flags, string flag)
    {
        if (Normalize(flag) is { } known && flags.Count < MaxFlags && !flags.Contains(known, StringComparer.OrdinalIgnoreCase))
            flags.Add(known);
    }

    /// <summary>atom of RFC 9051 section 9.</summary>
    public static bool IsAtom(ReadOnlySpan<char> text) => !text.IsEmpty && text.IndexOfAnyExceptInRange('!', '~') < 0 && text.IndexOfAny(NotInAtoms) < 0;

    // flag-keyword = atom (RFC 9051 section 9); \Recent is not for clients, and other system flags do not exist
    private static string? Normalize(string flag)
    {
        if (flag[0] == '\\')
            return Array.Find(SystemFlags, known => known.Equals(flag, StringComparison.OrdinalIgnoreCase));
        return flag.Length <= MaxKeyword && IsAtom(flag) ? flag : null;
    }
}
