using System.Buffers;
using System.Numerics;
using Sora.Contracts;

namespace Sora.Mailstore.Search;

/// <summary>
/// Contents of a mailbox in ascending order. They mostly come in it, or nearly; by digits they are sorted in a time that does not depend on that, and
/// without a call for each comparison.
/// </summary>
internal static class ContentOrder
{
    private const int DigitBits = 11;
    private const int Digits = 1 << DigitBits;

    /// <summary>The contents ascending, those that come twice twice.</summary>
    /// <param name="contents">In any order.</param>
    /// <param name="order">Of each where it stood; null when they were ascending already.</param>
    public static long[] Sort(ReadOnlySpan<ContentId> contents, out int[]? order)
    {
        var values = new long[contents.Length];
        var (least, greatest) = (long.MaxValue, long.MinValue);
        var isSorted = true;
        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i] = contents[i].Value;
            isSorted &= value >= greatest;
            least = Math.Min(least, value);
            greatest = Math.Max(greatest, value);
        }

        order = null;
        if (isSorted)
            return values;
        order = new int[values.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        var bits = 64 - BitOperations.LeadingZeroCount((ulong)(greatest - least));
        var spareValues = ArrayPool<long>.Shared.Rent(values.Length);
        var spareOrder = ArrayPool<int>.Shared.Rent(values.Length);
        var (fromValues, fromOrder, toValues, toOrder) = (values, order, spareValues, spareOrder);
        for (var shift = 0; shift < bits; shift += DigitBits)
        {
            SortByDigit(fromValues, fromOrder, toValues, toOrder, values.Length, least, shift);
            (fromValues, fromOrder, toValues, toOrder) = (toValues, toOrder, fromValues, fromOrder);
        }

        if (fromValues != values)
        {
            Array.Copy(fromValues, values, values.Length);
            Array.Copy(fromOrder, order, order.Length);
        }

        ArrayPool<long>.Shared.Return(spareValues);
        ArrayPool<int>.Shared.Return(spareOrder);
        return values;
    }

    private static void SortByDigit(long[] values, int[] order, long[] toValues, int[] toOrder, int count, long least, int shift)
    {
        Span<int> next = stackalloc int[Digits];
        next.Clear();
        for (var i = 0; i < count; i++)
            next[(int)((values[i] - least) >> shift) & (Digits - 1)]++;
        var sum = 0;
        foreach (ref var place in next)
            (place, sum) = (sum, sum + place);
        for (var i = 0; i < count; i++)
        {
            ref var place = ref next[(int)((values[i] - least) >> shift) & (Digits - 1)];
            toValues[place] = values[i];
            toOrder[place++] = order[i];
        }
    }
}
