using Sora.Contracts;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Tests.Connections;

public sealed class BodyWalkTests
{
    [Fact]
    public void A_client_that_goes_forwards_is_walked_ahead_of()
    {
        var store = new HintedStore { PrefetchDepth = 4 };
        var walk = new BodyWalk(store, CancellationToken.None);
        Open(walk, 1);
        store.Told.ShouldBeEmpty();
        Open(walk, 2);
        store.Told.ShouldBe([[3, 4, 5, 6]]);
        Open(walk, 3);
        Open(walk, 4);
        store.Told.Count.ShouldBe(1); // enough is told
        Open(walk, 5);
        store.Told[^1].ShouldBe([7, 8, 9]);
        for (var number = 6; number <= 100; number++)
            Open(walk, number);
        store.Told.SelectMany(static told => told).ShouldBe(Enumerable.Range(3, 98).Select(static number => (long)number));
    }

    [Fact]
    public void And_one_that_goes_backwards_likewise()
    {
        var store = new HintedStore { PrefetchDepth = 4 };
        var walk = new BodyWalk(store, CancellationToken.None);
        for (var number = 100; number > 0; number--)
            Open(walk, number);
        store.Told[0].ShouldBe([98, 97, 96, 95]);
        store.Told.SelectMany(static told => told).ShouldBe(Enumerable.Range(1, 98).Reverse().Select(static number => (long)number));
    }

    [Fact]
    public void One_that_jumps_or_stays_is_not()
    {
        var store = new HintedStore { PrefetchDepth = 4 };
        var walk = new BodyWalk(store, CancellationToken.None);
        foreach (var number in new[] { 10, 10, 10, 40, 3, 99, 50, 52, 54 })
            Open(walk, number);
        store.Told.ShouldBeEmpty();

        // In another mailbox the numbers mean something else
        Open(walk, 55);
        store.Told.Clear();
        walk.Reset();
        Open(walk, 56);
        store.Told.ShouldBeEmpty();
        Open(walk, 57);
        store.Told.ShouldBe([[58, 59, 60, 61]]);

        // And one that turns round
        Open(walk, 56);
        store.Told[^1].ShouldBe([55, 54, 53, 52]);
    }

    [Fact]
    public void A_store_that_needs_no_hint_gets_none()
    {
        var store = new HintedStore { PrefetchDepth = 0 };
        var walk = new BodyWalk(store, CancellationToken.None);
        for (var number = 1; number <= 100; number++)
            Open(walk, number);
        store.Told.ShouldBeEmpty();
    }

    private static void Open(BodyWalk walk, int number) =>
        walk.Opening(number, 100, 100, static (count, at) => at <= count ? new ContentId(at) : null);

    private sealed class HintedStore : IMessageStore
    {
        public List<long[]> Told { get; } = [];

        public int PrefetchDepth { get; init; }

        public Task PrefetchAsync(ReadOnlyMemory<ContentId> ids, CancellationToken cancellationToken)
        {
            Told.Add([.. ids.ToArray().Select(static id => id.Value)]);
            return Task.CompletedTask;
        }

        public ValueTask<IReadOnlyList<MessageContent?>> ReadAsync(ReadOnlyMemory<ContentId> ids, ContentParts parts, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<IReadOnlyDictionary<ContentId, ContentId>> EmailIdsAsync(AccountId account, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<IMessageBody> OpenAsync(MessageContent content, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
