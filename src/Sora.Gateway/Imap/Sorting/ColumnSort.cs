namespace Sora.Gateway.Imap.Sorting;

/// <summary>Sorts rows by columns of numbers, without an object or a comparison call per row; texts are first turned into numbers.</summary>
internal static class ColumnSort
{
    private const int FewRows = 16;
    private const int CharsInKey = 4;

    /// <summary>The rows 0 to <paramref name="count"/> - 1 in ascending order of the first column, then the second, and so on; equal rows as they stand.</summary>
    public static int[] Order(IReadOnlyList<long[]> columns, int count)
    {
        var order = new int[count];
        for (var row = 0; row < count; row++)
            order[row] = row;
        var keys = new long[columns.Count][];
        if (count > 1)
            Refine(columns, keys, order, 0, count, level: 0);
        return order;
    }

    /// <summary>Numbers that compare as the texts do, by code units.</summary>
    public static long[] RanksOf(string[] texts)
    {
        var order = new int[texts.Length];
        for (var row = 0; row < order.Length; row++)
            order[row] = row;
        RefineTexts(texts, new ulong[texts.Length], order, 0, order.Length, depth: 0);
        var ranks = new long[texts.Length];
        for (var i = 1; i < order.Length; i++)
            ranks[order[i]] = ranks[order[i - 1]] + (texts[order[i]] == texts[order[i - 1]] ? 0 : 1);
        return ranks;
    }

    private static void Refine(IReadOnlyList<long[]> columns, long[][] keys, int[] order, int from, int to, int level)
    {
        if (level == columns.Count)
        {
            order.AsSpan(from, to - from).Sort();
            return;
        }

        var column = columns[level];
        var key = keys[level] ??= new long[order.Length];
        var isSorted = true;
        for (var i = from; i < to; i++)
        {
            key[i] = column[order[i]];
            isSorted &= i == from || key[i - 1] <= key[i];
        }

        if (!isSorted)
            key.AsSpan(from, to - from).Sort(order.AsSpan(from, to - from));
        for (var start = from; start < to;)
        {
            var end = start + 1;
            while (end < to && key[end] == key[start])
                end++;
            if (end - start > 1)
                Refine(columns, keys, order, start, end, level + 1);
            start = end;
        }
    }

    // Four characters at a time, as one number: texts that begin alike cost a look at them and no comparisons
    private static void RefineTexts(string[] texts, ulong[] keys, int[] order, int from, int to, int depth)
    {
        if (to - from <= FewRows)
        {
            order.AsSpan(from, to - from).Sort((left, right) => string.CompareOrdinal(texts[left], depth, texts[right], depth, int.MaxValue));
            return;
        }

        var isSorted = true;
        for (var i = from; i < to; i++)
        {
            keys[i] = KeyOf(texts[order[i]], depth);
            isSorted &= i == from || keys[i - 1] <= keys[i];
        }

        if (!isSorted)
            keys.AsSpan(from, to - from).Sort(order.AsSpan(from, to - from));
        for (var start = from; start < to;)
        {
            var end = start + 1;
            var goesOn = texts[order[start]].Length > depth + CharsInKey;
            for (; end < to && keys[end] == keys[start]; end++)
                goesOn |= texts[order[end]].Length > depth + CharsInKey;
            if (goesOn && end - start > 1)
                RefineTexts(texts, keys, order, start, end, depth + CharsInKey);
            start = end;
        }
    }

    private static ulong KeyOf(string text, int depth)
    {
        ulong key = 0;
        for (var i = depth; i < depth + CharsInKey; i++)
            key = key << 16 | (i < text.Length ? text[i] : 0u);
        return key;
    }
}
