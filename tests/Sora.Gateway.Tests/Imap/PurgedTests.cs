using Microsoft.Extensions.Logging.Abstractions;
using Sora.Mailstore.Maintenance;
using Sora.Mailstore.Retention;
using Sora.Testing;

namespace Sora.Gateway.Tests.Imap;

/// <summary>A session that still shows a message which others have expunged, and which has been deleted for good meanwhile.</summary>
[Collection("imap")]
public sealed class PurgedTests(ImapFixture fixture)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_purged_while_its_expunge_is_held_back_is_an_answer_and_no_empty_message(bool knowsContent)
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: one\n\nfirst\n", "Subject: two\n\nsecond\n");
        using var a = await user.LogInAsync("SELECT INBOX");
        using var b = await user.LogInAsync("SELECT INBOX");
        if (knowsContent)
            await a.DoAsync("FETCH 1 (ENVELOPE)");
        await b.DoAsync("STORE 1 +FLAGS.SILENT (\\Deleted)");
        await b.DoAsync("EXPUNGE");
        var options = new RetentionOptions
        {
            DeletedMessages = TimeSpan.Zero, ObjectGrace = TimeSpan.Zero, PurgeInterval = TimeSpan.FromSeconds(1), SweepInterval = TimeSpan.FromSeconds(1), BatchPause = TimeSpan.Zero,
        };
        await using (new MaintenanceWorker(
            fixture.Node.Database, new MaintenanceOptions { Election = TimeSpan.FromSeconds(1) }, options, fixture.Node.Mailboxes, fixture.Bodies.Objects, fixture.Node.Accounts.Announce,
            fixture.Node.Metrics, TimeProvider.System, NullLoggerFactory.Instance))
        {
            await Eventually.WaitAsync(async () => await CountAsync("mailbox_log WHERE has_expunges AND NOT purged") == 0);
        }

        (await RunAsync("FETCH 1 (BODY.PEEK[])")).ShouldStartWith("NO [EXPUNGEISSUED]");
        var both = await RunAsync("FETCH 1:2 (BODY.PEEK[TEXT])");
        both.ShouldContain("second");
        both.ShouldNotContain("* 1 FETCH");
        both.ShouldContain("NO [EXPUNGEISSUED]");
        foreach (var command in new[] { "SEARCH TEXT first", "SEARCH SUBJECT one", "SORT (SUBJECT) UTF-8 ALL", "THREAD REFERENCES UTF-8 ALL" })
            (await RunAsync(command)).ShouldNotContain("SERVERBUG", Case.Sensitive, command);
        (await RunAsync("NOOP")).ShouldContain("* 1 EXPUNGE");
        (await RunAsync("FETCH 1 (BODY.PEEK[TEXT])")).ShouldContain("second");

        async Task<string> RunAsync(string command) => string.Join('\n', await a.RunAsync(command));
    }

    private async Task<long> CountAsync(string from)
    {
        await using var command = fixture.Node.Database.Write.CreateCommand($"SELECT count(*) FROM {from}");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
