using Sora.Mailstore.Mailboxes;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Mailboxes;

public sealed class CommitGatheringTests
{
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(4);

    private readonly MovedTime _time = new();

    [Fact]
    public void While_few_come_none_waits()
    {
        var gathering = new CommitGathering(Wait, _time);
        for (var i = 0; i < 100; i++)
        {
            gathering.Arrived(isFirst: true);
            gathering.Left.ShouldBe(TimeSpan.Zero);
            _time.Advance(TimeSpan.FromMilliseconds(5));
        }
    }

    [Fact]
    public void While_many_come_each_batch_waits_for_them_and_no_longer_once_they_have_stopped()
    {
        var gathering = new CommitGathering(Wait, _time);
        for (var i = 0; i < 200; i++)
        {
            gathering.Arrived(isFirst: i % 4 == 0);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        gathering.Arrived(isFirst: true);
        gathering.Left.ShouldBe(Wait);
        _time.Advance(TimeSpan.FromMilliseconds(3));
        gathering.Arrived(isFirst: false);
        gathering.Left.ShouldBe(TimeSpan.FromMilliseconds(1)); // the first has waited for three
        _time.Advance(TimeSpan.FromMilliseconds(1));
        gathering.Left.ShouldBe(TimeSpan.Zero);

        _time.Advance(TimeSpan.FromSeconds(1));
        gathering.Arrived(isFirst: true);
        gathering.Left.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Nobody_waits_longer_than_a_commit_takes_of_late()
    {
        var gathering = new CommitGathering(Wait, _time);
        for (var i = 0; i < 500; i++)
        {
            gathering.Arrived(isFirst: true);
            gathering.Committed(TimeSpan.FromMilliseconds(2));
            _time.Advance(TimeSpan.FromMilliseconds(0.2));
        }

        gathering.Arrived(isFirst: true);
        gathering.Left.ShouldBe(TimeSpan.FromMilliseconds(2));
        for (var i = 0; i < 100; i++)
            gathering.Committed(TimeSpan.FromMilliseconds(50));
        gathering.Left.ShouldBe(Wait);
    }

    [Fact]
    public void Nobody_waits_where_there_is_to_be_no_wait()
    {
        var gathering = new CommitGathering(TimeSpan.Zero, _time);
        for (var i = 0; i < 100; i++)
            gathering.Arrived(isFirst: true);
        gathering.Left.ShouldBeLessThanOrEqualTo(TimeSpan.Zero);
    }
}
