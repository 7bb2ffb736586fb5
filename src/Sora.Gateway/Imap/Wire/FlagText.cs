using System.Numerics;
using Sora.Contracts;

namespace Sora.Gateway.Imap.Wire;

/// <summary>Flags as the wire names them (RFC 9051 section 2.3.2). Keywords are atoms and so ASCII.</summary>
internal static class FlagText
{
    private const int SystemLength = 64;

    /// <summary>An upper bound for what <see cref="Write"/> appends.</summary>
    public static int MaxLength(ulong mask, KeywordTable keywords)
    {
        var length = SystemLength;
        for (var rest = mask >> FlagMask.SystemBits; rest != 0; rest &= rest - 1)
        {
            var slot = BitOperations.TrailingZeroCount(rest);
            length += slot < keywords.SlotCount ? keywords[slot].Length + 1 : 0;
        }

        return length;
    }

    public static void Write(ref SpanText text, ulong mask, KeywordTable keywords, bool recent)
    {
        text.Append((byte)'(');
        var empty = text.Length;
        if ((mask & FlagMask.Answered) != 0)
            text.Append("\\Answered "u8);
        if ((mask & FlagMask.Flagged) != 0)
            text.Append("\\Flagged "u8);
        if ((mask & FlagMask.Deleted) != 0)
            text.Append("\\Deleted "u8);
        if ((mask & FlagMask.Seen) != 0)
            text.Append("\\Seen "u8);
        if ((mask & FlagMask.Draft) != 0)
            text.Append("\\Draft "u8);
        if (recent)
            text.Append("\\Recent "u8);
        for (var rest = mask >> FlagMask.SystemBits; rest != 0; rest &= rest - 1)
        {
            var slot = BitOperations.TrailingZeroCount(rest);
            if (slot >= keywords.SlotCount || keywords[slot].Length == 0)
                continue;
            text.Append(keywords[slot]);
            text.Append((byte)' ');
        }

        if (text.Length > empty)
            text.DropLast();
        text.Append((byte)')');
    }
}
