using Sora.Contracts;
using Sora.Mailstore.Search;

namespace Sora.Mailstore.Tests.Search;

public class ContentOrderTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(5000, 1)]
    [InlineData(5000, 2000)] // about one digit
    [InlineData(5000, 2_000_000)]
    [InlineData(5000, long.MaxValue)]
    public void Contents_in_any_order_come_out_ascending_with_the_place_each_had(int count, long range)
    {
        var random = new Random(count);
        var contents = Enumerable.Range(0, count).Select(_ => new ContentId(random.NextInt64(range))).ToArray();
        var sorted = ContentOrder.Sort(contents, out var order);
        sorted.ShouldBe(contents.Select(content => content.Value).Order());
        if (order is null)
            contents.Select(content => content.Value).ShouldBe(sorted);
        else
            order.Select(place => contents[place].Value).ShouldBe(sorted);
        (order is null || order.Order().SequenceEqual(Enumerable.Range(0, count))).ShouldBeTrue();
    }

    [Fact]
    public void Ascending_contents_need_no_order()
    {
        ContentOrder.Sort([new(3), new(3), new(7)], out var order).ShouldBe([3, 3, 7]);
        order.ShouldBeNull();
    }
}
