using Sora.Gateway.Imap.Sorting;

namespace Sora.Gateway.Tests.Imap;

public sealed class ColumnSortTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(300)]
    [InlineData(5000)]
    public void Rows_are_ordered_as_by_a_stable_comparison_sort(int count)
    {
        var random = new Random(count);
        var first = Column(random, count, 5);
        var second = Column(random, count, 40);
        var expected = Enumerable.Range(0, count).OrderBy(row => first[row]).ThenByDescending(row => second[row]).ThenBy(row => row);
        ColumnSort.Order([first, Array.ConvertAll(second, static value => ~value)], count).ShouldBe(expected);
        ColumnSort.Order([], count).ShouldBe(Enumerable.Range(0, count));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(2000)]
    public void Ranks_compare_as_the_texts_do(int count)
    {
        string[] beginnings = ["", "a", "ab", "abcd", "abcdefgh", "zürich", "\ud83d\ude00", "Re: the same beginning of all "];
        var random = new Random(count);
        var texts = new string[count];
        for (var i = 0; i < count; i++)
            texts[i] = beginnings[random.Next(beginnings.Length)] + (random.Next(3) == 0 ? "" : random.Next(count).ToString("x", null));
        var ranks = ColumnSort.RanksOf(texts);
        var sorted = texts.Distinct().Order(StringComparer.Ordinal).ToList();
        ranks.ShouldBe(texts.Select(text => (long)sorted.IndexOf(text)));
    }

    private static long[] Column(Random random, int count, int values)
    {
        var column = new long[count];
        for (var i = 0; i < count; i++)
            column[i] = random.Next(values) == 0 ? long.MinValue : random.Next(-values, values);
        return column;
    }
}
