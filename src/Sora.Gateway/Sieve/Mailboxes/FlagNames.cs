using System.Collections.Immutable;
using System.Numerics;
using Sora.Contracts;
using Sora.Sieve;

namespace Sora.Gateway.Sieve.Mailboxes;

/// <summary>The flags of a message as scripts name them (RFC 5232).</summary>
internal static class FlagNames
{
    private static readonly (ulong Mask, string Name)[] System =
    [
        (FlagMask.Answered, "\\Answered"), (FlagMask.Flagged, "\\Flagged"), (FlagMask.Deleted, "\\Deleted"), (FlagMask.Seen, "\\Seen"), (FlagMask.Draft, "\\Draft"),
    ];

    public static ImmutableArray<string> Of(ulong mask, KeywordTable keywords)
    {
        if (mask == 0)
            return [];
        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var (flag, name) in System)
        {
            if ((mask & flag) != 0)
                names.Add(name);
        }

        for (var rest = mask >> FlagMask.SystemBits; rest != 0; rest &= rest - 1)
        {
            var slot = BitOperations.TrailingZeroCount(rest);
            if (slot < keywords.SlotCount && keywords[slot].Length > 0)
                names.Add(keywords[slot]);
        }

        return names.ToImmutable();
    }

    public static ImmutableArray<string> Of(FlagSet flags) => [.. Of((ulong)flags.System, KeywordTable.Empty), .. flags.Keywords];

    /// <summary>The same flags, in whatever order.</summary>
    public static bool AreSame(ImmutableArray<string> left, ImmutableArray<string> right) => SieveFlagChange.Between(left, right) is null;
}
