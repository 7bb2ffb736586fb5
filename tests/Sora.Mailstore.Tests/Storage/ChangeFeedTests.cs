using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Sora.Contracts;
using Sora.Mailstore.Storage;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Storage;

public sealed class ChangeFeedTests
{
    [Fact]
    public async Task What_changes_within_the_interval_is_announced_together_and_the_first_at_once()
    {
        await using var database = PostgresFixture.Open(await PostgresFixture.CreateAddressAsync(), new DatabaseOptions { NotifyInterval = TimeSpan.FromSeconds(1) });
        await using var feed = new ChangeFeed(database, NullLogger<ChangeFeed>.Instance);
        await feed.StartAsync(CancellationToken.None);
        var heard = new List<string>();
        await using var connection = await database.OpenDedicatedAsync(CancellationToken.None);
        connection.Notification += (_, notification) => heard.Add(notification.Payload);
        await using (var command = new NpgsqlCommand($"LISTEN {ChangeFeed.Channel}", connection))
            await command.ExecuteNonQueryAsync();

        feed.AnnounceMailbox(new MailboxId(1), new ModSeq(1));
        await connection.WaitAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
        heard.ShouldHaveSingleItem().ShouldEndWith(" m1:1");
        for (var i = 2; i <= 50; i++)
            feed.AnnounceMailbox(new MailboxId(i), new ModSeq(1));
        while (!heard.Exists(static payload => payload.EndsWith(" m50:1", StringComparison.Ordinal)))
            (await connection.WaitAsync(TimeSpan.FromMinutes(1), CancellationToken.None)).ShouldBeTrue();

        // Two, should this thread have been held up for the interval between two of them
        heard.Count.ShouldBeInRange(2, 3);
        heard.Sum(static payload => payload.Split(' ').Length - 1).ShouldBe(50);
    }
}
