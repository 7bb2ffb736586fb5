using Sora.Mailstore.Maintenance;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Maintenance;

public sealed class ElectionTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task One_is_elected_until_it_ends_or_loses_its_connection()
    {
        await using var left = await MailstoreNode.StartAsync();
        await using var right = await MailstoreNode.StartAsync(left.Address);
        await using var first = new Election(left.Database);
        await using var second = new Election(right.Database);
        (await first.IsElectedAsync(None)).ShouldBeTrue();
        (await second.IsElectedAsync(None)).ShouldBeFalse();
        (await first.IsElectedAsync(None)).ShouldBeTrue();
        await first.DisposeAsync();
        await Eventually.WaitAsync(() => second.IsElectedAsync(None));
        (await first.IsElectedAsync(None)).ShouldBeFalse();

        // The server ends its connection: it hears of that, and stands for election again
        await using (var command = left.Database.Write.CreateCommand(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND classid = 21359"))
            await command.ExecuteNonQueryAsync();
        await Eventually.WaitAsync(() => first.IsElectedAsync(None));
        await Should.ThrowAsync<Npgsql.NpgsqlException>(() => second.IsElectedAsync(None));
        (await second.IsElectedAsync(None)).ShouldBeFalse();
    }
}
