using Sora.Gateway.Connections;

namespace Sora.Gateway.Tests.Connections;

public sealed class ConnectionDeadlinesTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_deadline_never_comes_early_and_at_most_two_seconds_late()
    {
        using var deadlines = new ConnectionDeadlines(_time);
        var target = new Target();
        var slot = deadlines.Register(target);
        slot.Arm(DeadlineKind.Input, deadlines, TimeSpan.FromSeconds(10));
        Pass(deadlines, seconds: 9.9);
        target.Fired.ShouldBeEmpty();
        Pass(deadlines, seconds: 2.1);
        await Wait.UntilAsync(() => target.Fired is [DeadlineKind.Input], "expiry");
        Pass(deadlines, seconds: 100);
        target.Fired.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Arming_again_moves_a_deadline_both_ways_and_disarming_ends_it()
    {
        using var deadlines = new ConnectionDeadlines(_time);
        var moved = new Target();
        var disarmed = new Target();
        var slot = deadlines.Register(moved);
        slot.Arm(DeadlineKind.Output, deadlines, TimeSpan.FromSeconds(3));
        slot.Arm(DeadlineKind.Output, deadlines, TimeSpan.FromHours(1));
        var other = deadlines.Register(disarmed);
        other.Arm(DeadlineKind.Input, deadlines, TimeSpan.FromSeconds(3));
        other.Disarm(DeadlineKind.Input);
        Pass(deadlines, seconds: 60);
        slot.Arm(DeadlineKind.Output, deadlines, TimeSpan.FromSeconds(1));
        Pass(deadlines, seconds: 3);
        await Wait.UntilAsync(() => moved.Fired is [DeadlineKind.Output], "the moved deadline");
        disarmed.Fired.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_released_slot_tells_nobody_and_serves_the_next()
    {
        using var deadlines = new ConnectionDeadlines(_time);
        var first = new Target();
        var slot = deadlines.Register(first);
        slot.Arm(DeadlineKind.Input, deadlines, TimeSpan.FromSeconds(1));
        deadlines.Release(slot);
        var second = new Target();
        deadlines.Register(second).ShouldBe(slot);
        Pass(deadlines, seconds: 10);
        slot.Arm(DeadlineKind.Input, deadlines, TimeSpan.FromSeconds(1));
        Pass(deadlines, seconds: 10);
        await Wait.UntilAsync(() => second.Fired.Count == 1, "the second target's expiry");
        first.Fired.ShouldBeEmpty();
    }

    [Fact]
    public async Task There_are_slots_for_any_number_of_connections()
    {
        using var deadlines = new ConnectionDeadlines(_time);
        var targets = new List<Target>();
        for (var i = 0; i < 2000; i++)
        {
            targets.Add(new Target());
            deadlines.Register(targets[i]).Arm(DeadlineKind.Input, deadlines, TimeSpan.FromSeconds(i % 2 == 0 ? 1 : 1000));
        }

        Pass(deadlines, seconds: 5);
        await Wait.UntilAsync(() => targets.Sum(target => target.Fired.Count) == 1000, "half of the expiries");
        targets.Where((_, i) => i % 2 == 1).ShouldAllBe(target => target.Fired.Count == 0);
    }

    private void Pass(ConnectionDeadlines deadlines, double seconds)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        deadlines.Tick();
    }

    private sealed class Target : IDeadlineTarget
    {
        private volatile List<DeadlineKind> _fired = [];

        public List<DeadlineKind> Fired => _fired;

        public void DeadlineExpired(DeadlineKind kind) => _fired = [.. _fired, kind];
    }
}
