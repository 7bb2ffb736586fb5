using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore.Audit;
using Sora.Mailstore.Storage;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Audit;

public sealed class LoginJournalTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly AuditFilter Everything = new(null, null, null, null, null, null, null, null);

    private MailstoreNode _node = null!;

    public async Task InitializeAsync() => _node = await MailstoreNode.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Logins_are_written_down_and_found_again()
    {
        await using (var journal = Start(new AuditOptions { FlushInterval = TimeSpan.FromMilliseconds(10) }))
        {
            journal.Record(new LoginEvent("imap", "PLAIN", IPAddress.Parse("192.0.2.1"), "anna@example.com", new AccountId(7), null, LoginOutcome.Ok, null));
            journal.Record(new LoginEvent("pop3", "password", IPAddress.Parse("2001:db8::1"), null, null, null, LoginOutcome.Blocked, "pair"));
            await Eventually.WaitAsync(async () => (await ListAsync(Everything)).Count == 2);
            journal.Record(new LoginEvent("imap", "PLAIN", IPAddress.Parse("192.0.2.2"), "master@example.org", new AccountId(7), "anna@example.com", LoginOutcome.Ok, null));
        }

        // The end of the process loses nothing
        var all = await ListAsync(Everything);
        all.Count.ShouldBe(3);
        all[0].Entry.ShouldBe(all[0].Entry with
        {
            Times = 1, Kind = "login", Node = "node-1", Outcome = "ok", Actor = "master@example.org", Action = "imap", Detail = "PLAIN", Reason = null,
            Address = IPAddress.Parse("192.0.2.2"), Account = 7, ActedFor = "anna@example.com",
        });
        (await ListAsync(Everything with { Actor = "anna@example.com" })).Count.ShouldBe(2);
        (await ListAsync(Everything with { Actor = "@example.org" })).Count.ShouldBe(1);
        (await ListAsync(Everything with { Network = "192.0.2.0/24" })).Count.ShouldBe(2);
        (await ListAsync(Everything with { Network = "2001:db8::1" })).Single().Entry.Reason.ShouldBe("pair");
        (await ListAsync(Everything with { Action = "pop3" })).Count.ShouldBe(1);
        (await ListAsync(Everything with { Action = "pop" })).ShouldBeEmpty();
        (await ListAsync(Everything with { Outcome = "blocked", Kind = "login" })).Count.ShouldBe(1);
        (await ListAsync(Everything with { Kind = "admin" })).ShouldBeEmpty();
        (await ListAsync(Everything with { Since = DateTimeOffset.UtcNow.AddHours(1) })).ShouldBeEmpty();
        (await ListAsync(Everything with { Until = DateTimeOffset.UtcNow.AddHours(-1) })).ShouldBeEmpty();
        (await ListAsync(Everything with { Since = DateTimeOffset.UtcNow.AddHours(-1), Until = DateTimeOffset.UtcNow.AddHours(1) })).Count.ShouldBe(3);
        (await ListAsync(Everything with { Before = all[1].Id })).Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_too_old_or_too_much_goes()
    {
        await using (var journal = Start(new AuditOptions()))
        {
            for (var i = 0; i < 20; i++)
                journal.Record(new LoginEvent("imap", "PLAIN", IPAddress.Loopback, "user" + i, null, null, LoginOutcome.Wrong, null));
        }

        var store = new AuditStore(_node.Database);
        await store.SweepAsync(TimeSpan.FromDays(1), 1000, None);
        (await ListAsync(Everything)).Count.ShouldBe(20);
        await store.SweepAsync(TimeSpan.FromDays(1), 15, None);
        (await ListAsync(Everything)).Count.ShouldBe(15);
        await using (var command = _node.Database.Write.CreateCommand("UPDATE audit_log SET at = now() - interval '2 days' WHERE id % 3 = 0"))
            await command.ExecuteNonQueryAsync();
        await store.SweepAsync(TimeSpan.FromDays(1), 15, None);
        (await ListAsync(Everything)).Count.ShouldBe(10);
    }

    private LoginJournal Start(AuditOptions options) => new(_node.Database, options, "node-1", _node.Metrics, TimeProvider.System, NullLoggerFactory.Instance);

    private Task<List<ListedAuditEntry>> ListAsync(AuditFilter filter) => new AuditAdministration(_node.Database).ListAsync(filter, 100, None);
}
