using Sora.Contracts;

namespace Sora.Gateway.Imap.Wire;

/// <summary>partial-range (RFC 9394 section 4): a piece of a list of results, counted from 1 at its start or, <c>-1:-100</c>, from its end.</summary>
/// <param name="First">The smaller of the two numbers, without its sign.</param>
/// <param name="Last">The larger of the two numbers, without its sign.</param>
internal readonly record struct PartialRange(uint First, uint Last, bool FromEnd)
{
    /// <summary>How many results the range has room for.</summary>
    public long Size => (long)Last - First + 1;

    /// <summary>The range among so many results as zero-based positions: the first one, and the one behind the last. Empty when nothing is there.</summary>
    public (int From, int To) Of(int count)
    {
        if (First > count)
            return (0, 0);
        var last = (int)Math.Min(Last, (uint)count);
        return FromEnd ? (count - last, count - (int)First + 1) : ((int)First - 1, last);
    }

    /// <summary>The piece of a set of numbers or UIDs.</summary>
    public UidSet Of(UidSet results)
    {
        var (from, to) = Of((int)Math.Min(results.Count, int.MaxValue));
        var piece = new UidSet.Builder();
        long at = 0;
        foreach (var range in results.Ranges)
        {
            var (start, end) = (Math.Max(from, at), Math.Min(to, at + range.Count));
            if (start < end)
                piece.Add(range.First + (uint)(start - at), range.First + (uint)(end - at - 1));
            at += range.Count;
        }

        return piece.ToSet();
    }
}
