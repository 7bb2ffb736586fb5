using Sora.Mailstore.Accounts.Passwords;

namespace Sora.Mailstore.Tests.Accounts.Passwords;

public sealed class FairQueueTests
{
    [Fact]
    public void Lanes_take_turns_and_each_keeps_its_order()
    {
        using var queue = new FairQueue<string>(100);
        for (var i = 1; i <= 4; i++)
            queue.TryAdd("busy", "busy " + i).ShouldBeTrue();
        queue.TryAdd("anna", "anna 1").ShouldBeTrue();
        queue.TryAdd("bert", "bert 1").ShouldBeTrue();
        queue.TryAdd("anna", "anna 2").ShouldBeTrue();
        Take(queue, 7).ShouldBe(["busy 1", "anna 1", "bert 1", "busy 2", "anna 2", "busy 3", "busy 4"]);
        queue.TryAdd("anna", "anna 3").ShouldBeTrue();
        Take(queue, 1).ShouldBe(["anna 3"]);
    }

    [Fact]
    public async Task All_lanes_together_are_bounded_and_the_end_wakes_all_who_wait()
    {
        using var queue = new FairQueue<int>(2);
        var taking = Enumerable.Range(0, 3).Select(_ => Task.Run(() => queue.TryTake(out _))).ToArray();
        queue.CompleteAdding();
        (await Task.WhenAll(taking).WaitAsync(TimeSpan.FromMinutes(1))).ShouldAllBe(static taken => !taken);
        Should.Throw<InvalidOperationException>(() => queue.TryAdd("anna", 1));

        using var full = new FairQueue<int>(2);
        full.TryAdd("anna", 1).ShouldBeTrue();
        full.TryAdd("bert", 2).ShouldBeTrue();
        full.TryAdd("carol", 3).ShouldBeFalse();
        Take(full, 1).ShouldBe([1]);
        full.TryAdd("carol", 3).ShouldBeTrue();
        full.CompleteAdding();
        Take(full, 2).ShouldBe([2, 3]);
        full.TryTake(out _).ShouldBeFalse();
    }

    private static List<T> Take<T>(FairQueue<T> queue, int count)
    {
        var items = new List<T>();
        while (items.Count < count && queue.TryTake(out var item))
            items.Add(item);
        return items;
    }
}
