using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Lmtp;
using Sora.Gateway.Tests.Connections;
using Sora.Mailstore.Delivery;

namespace Sora.Gateway.Tests.Imap;

/// <summary>
/// RFC 9208 section 4.3.1, command by command and resource by resource: with one unit too little nothing is stored, and with exactly as much as is needed
/// it is let in.
/// </summary>
[Collection("imap")]
public sealed class OverQuotaTests(ImapFixture fixture)
{
    private const int MailSize = 1000;
    private static readonly string _mail = "Subject: x\r\n\r\n" + new string('x', MailSize - 14);

    private readonly string _domain = $"{Guid.NewGuid():n}.example"; // what is shared in it is this test's

    /// <summary>Whose quota a command needs.</summary>
    public enum Owner
    {
        User,
        Other,
        Shared,
    }

    // INBOX, which is selected, has two messages of a thousand bytes; {mail} is another one, {half} half of it
    private static readonly (string Command, Owner Owner, int Storage, int Messages, int Mailboxes)[] _commands =
    [
        ("APPEND Archive {mail}", Owner.User, 1000, 1, 0),
        ("APPEND Archive {mail} {mail}", Owner.User, 2000, 2, 0),
        ("APPEND Archive {half} {mail} {half}", Owner.User, 2000, 3, 0),
        ("APPEND INBOX CATENATE (TEXT {mail})", Owner.User, 1000, 1, 0),
        ("APPEND INBOX CATENATE (URL \"/INBOX/;UID=1\" TEXT {mail} URL \"/INBOX/;UID=2\")", Owner.User, 3000, 1, 0),
        ("APPEND INBOX CATENATE (URL \"/INBOX/;UID=1\")", Owner.User, 1000, 1, 0),
        ("REPLACE 1 INBOX CATENATE (URL \"/INBOX/;UID=1\" TEXT {half})", Owner.User, 500, 0, 0),
        ("UID REPLACE 2 Archive CATENATE (TEXT {mail} TEXT {mail})", Owner.User, 1000, 0, 0),
        ("COPY 1 Archive", Owner.User, 1000, 1, 0),
        ("COPY 1:2 INBOX", Owner.User, 2000, 2, 0),
        ("UID COPY 1:* Archive", Owner.User, 2000, 2, 0),
        ("CREATE one", Owner.User, 0, 0, 1),
        ("CREATE one/two/three", Owner.User, 0, 0, 3),
        ("CREATE Archive/two/three", Owner.User, 0, 0, 2),
        ("CREATE one/two (USE (\\Flagged))", Owner.User, 0, 0, 2),
        ("RENAME Archive one/two/three", Owner.User, 0, 0, 2),
        ("RENAME INBOX one", Owner.User, 0, 0, 1),
        ("RENAME INBOX one/two", Owner.User, 0, 0, 2),
        ("APPEND {other} {mail}", Owner.Other, 1000, 1, 0),
        ("APPEND {other} {mail} {half}", Owner.Other, 1500, 2, 0),
        ("APPEND {other} CATENATE (URL \"/INBOX/;UID=1\" TEXT {half})", Owner.Other, 1500, 1, 0),
        ("REPLACE 1 {other} {half}", Owner.Other, 500, 1, 0),
        ("COPY 1:2 {other}", Owner.Other, 2000, 2, 0),
        ("MOVE 1 {other}", Owner.Other, 1000, 1, 0),
        ("UID MOVE 1:* {other}", Owner.Other, 2000, 2, 0),
        ("CREATE {other/one/two}", Owner.Other, 0, 0, 2),
        ("RENAME {other/old} {other/one/two/three}", Owner.Other, 0, 0, 2),
        ("APPEND Shared/Team {mail}", Owner.Shared, 1000, 1, 0),
        ("APPEND Shared/Team {mail} {mail}", Owner.Shared, 2000, 2, 0),
        ("REPLACE 1 Shared/Team {mail}", Owner.Shared, 1000, 1, 0),
        ("COPY 1:2 Shared/Team", Owner.Shared, 2000, 2, 0),
        ("MOVE 1:2 Shared/Team", Owner.Shared, 2000, 2, 0),
        ("CREATE Shared/Team/one/two", Owner.Shared, 0, 0, 2),
        ("CREATE Shared/one/two", Owner.Shared, 0, 0, 2),
        ("RENAME Shared/Team Shared/one/two", Owner.Shared, 0, 0, 1),
    ];

    public static TheoryData<string, Owner, string, int> Commands()
    {
        var data = new TheoryData<string, Owner, string, int>();
        foreach (var (command, owner, storage, messages, mailboxes) in _commands)
        {
            foreach (var (resource, needed) in new[] { ("STORAGE", storage), ("MESSAGE", messages), ("MAILBOX", mailboxes) })
            {
                if (needed > 0)
                    data.Add(command, owner, resource, needed);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task What_does_not_fit_is_refused_and_what_fits_exactly_is_not(string command, Owner owner, string resource, int needed)
    {
        using var place = await PlaceAsync();
        var account = place.AccountOf(owner);
        var before = await UsageAsync(account, resource);
        await LimitAsync(account, resource, before + needed - 1);
        var shown = await place.ShowAsync();
        (await place.RunAsync(command))[^1].ShouldStartWith("NO [OVERQUOTA]");
        (await place.ShowAsync()).ShouldBe(shown);
        (await UsageAsync(account, resource)).ShouldBe(before);

        await LimitAsync(account, resource, before + needed);
        (await place.RunAsync(command))[^1].ShouldStartWith("OK");
        (await UsageAsync(account, resource)).ShouldBe(before + needed);
    }

    // What needs no room is done in an account that has none left
    [Theory]
    [InlineData("MOVE 1:2 Archive")]
    [InlineData("MOVE 1 INBOX")]
    [InlineData("REPLACE 1 INBOX {mail}")]
    [InlineData("REPLACE 1 INBOX {half}")]
    [InlineData("REPLACE 1 Archive {mail}")]
    [InlineData("RENAME Archive Attic")]
    [InlineData("STORE 1 +FLAGS (\\Deleted $Keyword)")]
    [InlineData("DELETE Archive")]
    [InlineData("SUBSCRIBE Archive")]
    public async Task What_needs_no_room_is_done_without_any(string command)
    {
        using var place = await PlaceAsync();
        (await fixture.Engine.Quotas.SetAsync(place.User.Account.Id, new QuotaLimits(2000, 2, 6), CancellationToken.None)).IsOk.ShouldBeTrue();
        (await place.RunAsync(command))[^1].ShouldStartWith("OK");
    }

    // A limit that was set below what is there keeps out what is new, and nothing else
    [Theory]
    [InlineData("APPEND Archive {half}", "NO [OVERQUOTA]")]
    [InlineData("COPY 1 Archive", "NO [OVERQUOTA]")]
    [InlineData("CREATE one", "NO [OVERQUOTA]")]
    [InlineData("REPLACE 1 INBOX CATENATE (TEXT {mail} TEXT {half})", "NO [OVERQUOTA]")]
    [InlineData("MOVE 1 Archive", "OK")]
    [InlineData("REPLACE 1 INBOX {half}", "OK")]
    [InlineData("RENAME Archive Attic", "OK")]
    [InlineData("UID EXPUNGE 1", "OK")]
    public async Task A_limit_of_nothing(string command, string answer)
    {
        using var place = await PlaceAsync();
        (await fixture.Engine.Quotas.SetAsync(place.User.Account.Id, new QuotaLimits(0, 0, 0), CancellationToken.None)).IsOk.ShouldBeTrue();
        (await place.RunAsync(command))[^1].ShouldStartWith(answer);
    }

    [Theory]
    [InlineData("STORAGE", false, "552 5.2.2")]
    [InlineData("MESSAGE", false, "552 5.2.2")]
    [InlineData("STORAGE", true, "452 4.2.2")]
    [InlineData("MESSAGE", true, "452 4.2.2")]
    public async Task Lmtp_answers_each_recipient_for_itself(string resource, bool tempFail, string refused)
    {
        var (full, roomy) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        var delivery = new Mailstore.Delivery.MessageDelivery(fixture.Engine.Accounts, fixture.Engine.Mailboxes, new DeliveryOptions(), TimeProvider.System);
        var metrics = new GatewayMetrics();
        var options = new LmtpOptions { Listen = [TestGateway.AnyPort.ToString()], QuotaFullTempfail = tempFail };
        var server = new LmtpServer(
            options, fixture.Engine.Accounts, fixture.Bodies.Intakes, delivery, metrics, NullLogger<LmtpServer>.Instance, TimeProvider.System);
        await using var gateway = await TestGateway.StartAsync(server.Listeners(), metrics: metrics);
        using var sender = await gateway.ConnectAsync();
        await sender.PlayAsync("S: 220 *\nC: LHLO client.example.net");
        while ((await sender.LineAsync())![3] == '-')
        {
            // an extension
        }

        await DeliverAsync("250 2.0.0", "250 2.0.0");
        var before = await UsageAsync(full.Account, resource);
        await LimitAsync(full.Account, resource, (2 * before) - 1);
        using var client = await full.LogInAsync("ENABLE CONDSTORE");
        var shown = await ShowAsync(client);
        await DeliverAsync(refused, "250 2.0.0");
        (await ShowAsync(client)).ShouldBe(shown);
        (await UsageAsync(roomy.Account, "MESSAGE")).ShouldBe(2);

        await LimitAsync(full.Account, resource, 2 * before);
        await DeliverAsync("250 2.0.0", "250 2.0.0");
        (await UsageAsync(full.Account, "MESSAGE")).ShouldBe(2);

        Task DeliverAsync(string first, string second) => sender.PlayAsync($"""
            C: MAIL FROM:<a@example.net>
            C: RCPT TO:<{full.Address}>
            C: RCPT TO:<{roomy.Address}>
            C: DATA
            S: 250 *
            S: 250 *
            S: 250 *
            S: 354 *
            C: Subject: hello
            C:
            C: hello
            C: .
            S: {first} *
            S: {second} *
            """);
    }

    private async Task<long> UsageAsync(IAccount account, string resource)
    {
        var usage = (await fixture.Engine.Quotas.ReadAsync(account.Id, CancellationToken.None)).Value.Usage;
        return resource switch { "STORAGE" => usage.Storage, "MESSAGE" => usage.Messages, _ => usage.Mailboxes };
    }

    private async Task LimitAsync(IAccount account, string resource, long limit)
    {
        var limits = resource switch
        {
            "STORAGE" => new QuotaLimits(limit, null, null),
            "MESSAGE" => new QuotaLimits(null, limit, null),
            _ => new QuotaLimits(null, null, limit),
        };
        (await fixture.Engine.Quotas.SetAsync(account.Id, limits, CancellationToken.None)).IsOk.ShouldBeTrue();
    }

    // All that a client sees of its mailboxes: UIDNEXT and HIGHESTMODSEQ tell whether anything was stored and removed again
    private static async Task<List<string>> ShowAsync(ImapClient client) =>
        await client.DoAsync("LIST \"\" * RETURN (STATUS (MESSAGES UIDNEXT HIGHESTMODSEQ SIZE))");

    private async Task<Place> PlaceAsync()
    {
        var (other, user) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        fixture.Node.SharingOptions.Creators = [.. fixture.Node.SharingOptions.Creators, user.Address];
        using (var theirs = await other.LogInAsync("CREATE Box/old"))
        {
            await theirs.DoAsync($"SETACL Box {user.Address} lrswikxte");
            await theirs.DoAsync($"SETACL Box/old {user.Address} lrswikxte");
        }

        for (var i = 0; i < 2; i++)
            await user.DeliverAsync(_mail.ReplaceLineEndings("\n"));
        var client = await user.LogInAsync("CREATE Shared/Team");
        await client.DoAsync("SELECT INBOX (CONDSTORE)");
        var shared = await fixture.Node.Sharing.FindSharedAccountAsync(_domain, CancellationToken.None);
        return new Place(user, other, fixture.Engine.Accounts.Get(shared!.Value), client);
    }

    private sealed record Place(TestUser User, TestUser Other, IAccount Shared, ImapClient Client) : IDisposable
    {
        public void Dispose() => Client.Dispose();

        public IAccount AccountOf(Owner owner) => owner switch
        {
            Owner.User => User.Account,
            Owner.Other => Other.Account,
            _ => Shared,
        };

        public Task<List<string>> RunAsync(string command) => Client.RunAsync(Regex.Replace(command, "{([a-z/]+)}", match => match.Groups[1].Value switch
        {
            "mail" => $"{{{MailSize}+}}\r\n{_mail}",
            "half" => $"{{{MailSize / 2}+}}\r\n{_mail[..(MailSize / 2)]}",
            var name => $"\"Other Users/{Other.Address}/Box{name["other".Length..]}\"",
        }));

        public async Task<List<string>> ShowAsync()
        {
            var lines = await OverQuotaTests.ShowAsync(Client);
            foreach (var mailbox in new[] { "INBOX", "Shared/Team", $"\"Other Users/{Other.Address}/Box\"" })
                lines.AddRange(await Client.DoAsync($"GETQUOTAROOT {mailbox}"));
            return lines;
        }
    }
}
