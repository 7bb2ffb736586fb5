using System.Collections.Immutable;

namespace Sora.Contracts;

/// <summary>
/// The keywords of one mailbox and their slots in the flag mask. Keywords compare without regard to case (RFC 9051 section
/// 2.3.2); the spelling that came first stays.
/// </summary>
public sealed class KeywordTable
{
    public static readonly KeywordTable Empty = new([]);

    private readonly ImmutableArray<string> _names; // by slot; an empty string is a free slot

    private KeywordTable(ImmutableArray<string> names) => _names = names;

    /// <summary>Number of slots, free ones among them included.</summary>
    public int SlotCount => _names.Length;

    /// <summary>The name in a slot, or an empty string for a free one.</summary>
    public string this[int slot] => _names[slot];

    /// <summary>The slot of a keyword, or -1.</summary>
    public int IndexOf(string keyword)
    {
        for (var i = 0; i < _names.Length; i++)
            if (string.Equals(_names[i], keyword, StringComparison.OrdinalIgnoreCase))
                return i;
        return -1;
    }

    public KeywordTable With(int slot, string name)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(slot, FlagMask.MaxKeywords);
        var builder = _names.ToBuilder();
        while (builder.Count <= slot)
            builder.Add("");
        builder[slot] = name;
        return new KeywordTable(builder.ToImmutable());
    }

    /// <summary>The mask of those flags that the table knows; keywords it does not know are left out.</summary>
    public ulong MaskOf(FlagSet flags)
    {
        var mask = (ulong)flags.System;
        foreach (var keyword in flags.Keywords)
            if (IndexOf(keyword) is >= 0 and var slot)
                mask |= FlagMask.OfKeyword(slot);
        return mask;
    }

    /// <summary>The flags that a mask stands for; bits of free slots are left out.</summary>
    public FlagSet FlagsOf(ulong mask)
    {
        var system = (SystemFlags)(mask & FlagMask.System);
        if (mask >> FlagMask.SystemBits == 0)
            return new FlagSet(system, []);
        var keywords = ImmutableArray.CreateBuilder<string>();
        for (var slot = 0; slot < _names.Length; slot++)
        {
            if ((mask & FlagMask.OfKeyword(slot)) != 0 && _names[slot].Length > 0)
                keywords.Add(_names[slot]);
        }

        return new FlagSet(system, keywords.ToImmutable());
    }
}
