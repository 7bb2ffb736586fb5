using Sora.Mailstore.Bodies;
using Sora.Mailstore.Storage;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Bodies;

/// <summary>What is staged is counted by one node for all.</summary>
public sealed class StagingCountTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task What_one_node_counted_does_for_others_for_a_time()
    {
        await using var bodies = await TestBodies.CreateAsync();
        var here = new StagedBodyStore(bodies.Database.Write);
        var there = new StagedBodyStore(bodies.Database.Write, ownFilesOnly: true);
        await bodies.DeliverAsync(TestBodies.Message(5000));
        await bodies.ScalarAsync("UPDATE staging_backlog SET next_at = '-infinity'");

        var counted = await here.CountAsync(Hour, default);
        (counted.Bodies, counted.IsNew).ShouldBe((1, true));
        counted.Bytes.ShouldBeGreaterThanOrEqualTo(5000);
        await bodies.DeliverAsync(TestBodies.Message(6000, seed: 2));
        var told = await there.CountAsync(Hour, default);
        (told.Bodies, told.Bytes, told.CountedAt, told.IsNew).ShouldBe((1, counted.Bytes, counted.CountedAt, false));
        told.OldestAge.ShouldBeGreaterThan(counted.OldestAge);

        var again = await there.CountAsync(TimeSpan.Zero, default);
        (again.Bodies, again.IsNew).ShouldBe((2, true));
        again.Bytes.ShouldBeGreaterThanOrEqualTo(counted.Bytes + 6000);
    }

    [Fact]
    public async Task While_a_node_counts_others_go_on_with_what_was_counted_before()
    {
        await using var bodies = await TestBodies.CreateAsync();
        var staged = new StagedBodyStore(bodies.Database.Write);
        var before = await staged.CountAsync(TimeSpan.Zero, default);
        await using var connection = await bodies.Database.Write.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = "SELECT FROM staging_backlog FOR UPDATE";
            await command.ExecuteNonQueryAsync();
        }

        await bodies.DeliverAsync(TestBodies.Message(5000));
        var told = await staged.CountAsync(TimeSpan.Zero, default);
        (told.Bodies, told.CountedAt, told.IsNew).ShouldBe((0, before.CountedAt, false));
    }

    [Fact]
    public void What_this_node_staged_since_counts_until_somebody_has_counted_it()
    {
        var time = new MovedTime();
        var space = new StagingSpace(1000, time);
        space.TryAdd(100).ShouldBeTrue();
        space.Update(Backlog(500, second: 1, isNew: true), space.Mark());
        space.Used.ShouldBe(600); // it may have been committed a moment after the count

        // Nobody has counted since
        space.TryAdd(50).ShouldBeTrue();
        space.Update(Backlog(500, second: 1, isNew: false), space.Mark());
        space.Used.ShouldBe(650);

        // Another node has, perhaps before what was staged here
        space.Update(Backlog(550, second: 2, isNew: false), space.Mark());
        space.Used.ShouldBe(700);
        space.TryAdd(301).ShouldBeFalse();

        space.Update(Backlog(650, second: 3, isNew: true), space.Mark());
        space.Used.ShouldBe(650);
    }

    private static StagingBacklog Backlog(long bytes, int second, bool isNew) =>
        new(1, bytes, TimeSpan.Zero, new DateTime(2026, 3, 1, 12, 0, second, DateTimeKind.Utc), isNew);
}
