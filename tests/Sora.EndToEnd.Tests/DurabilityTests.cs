using System.Net;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary>What was answered 250 is kept, whatever happens to the processes.</summary>
public sealed class DurabilityTests : IAsyncLifetime
{
    private const string Password = "secret";
    private const int Sessions = 20;
    private static readonly string[] Accounts = [.. Enumerable.Range(1, 8).Select(static number => $"user{number}@example.com")];

    private SoraProcess _sora = null!;

    public async Task InitializeAsync()
    {
        _sora = await SoraProcess.StartAsync();
        await _sora.CreateAccountsAsync(Password, Accounts);
    }

    public async Task DisposeAsync() => await _sora.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Kill_9_of_the_server_in_the_middle_of_10_000_deliveries(bool andOfTheDatabase)
    {
        const int Messages = 10_000;
        var before = await StatesAsync();
        var deliveries = new Deliveries(_sora.LmtpPort, Accounts);
        using var watcher = await ImapClient.OpenInboxAsync(_sora.ImapPort, Accounts[0], Password);
        var running = deliveries.RunAsync(Sessions, Messages, keepTrying: false);
        await Eventually.WaitAsync(() => running.IsCompleted || deliveries.Count > Messages * 2 / 5, TimeSpan.FromMinutes(2));
        running.IsCompleted.ShouldBeFalse($"the deliveries ended early: {string.Join('\n', deliveries.RefusedWith.Take(3))}");
        var seen = await NumbersAsync(watcher);
        var database = _sora.DatabasePid;
        await _sora.KillAsync();
        if (andOfTheDatabase)
            Signals.Kill(database);
        await running;
        deliveries.RefusedWith.ShouldBeEmpty();
        deliveries.Tried.ShouldBeLessThan(Messages, "it was killed in the middle");

        await _sora.StartAgainAsync();
        await ShouldHoldAsync(deliveries, before, unacknowledged: true);
        using var again = await ImapClient.OpenInboxAsync(_sora.ImapPort, Accounts[0], Password);
        var now = await NumbersAsync(again);
        foreach (var (uid, number) in seen)
            now[uid].ShouldBe(number, "a UID names another message");

        // The UID that comes next is beyond all that any client has seen
        var next = await again.AppendAsync("INBOX", TestMail.Make(Messages));
        next.ShouldBeGreaterThan(now.Keys.Max());
    }

    [Fact]
    public async Task Kill_9_of_the_database_under_load()
    {
        const int Messages = 1500;
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_sora.HttpPort}") };
        (await StatusAsync("/health")).ShouldBe(HttpStatusCode.OK);
        var before = await StatesAsync();
        var deliveries = new Deliveries(_sora.LmtpPort, Accounts);
        var running = deliveries.RunAsync(Sessions, Messages, keepTrying: true);
        foreach (var kill in new[] { Messages / 4, Messages / 2 })
        {
            await Eventually.WaitAsync(() => running.IsCompleted || deliveries.Count > kill);
            running.IsCompleted.ShouldBeFalse("the deliveries ended early");
            Signals.Kill(_sora.DatabasePid);

            // Alive, whatever the database does: nobody must restart Sora for that
            (await StatusAsync("/health/livez")).ShouldBe(HttpStatusCode.OK);
        }

        await running.WaitAsync(TimeSpan.FromMinutes(2));
        _sora.HasExited.ShouldBeFalse(_sora.Output);

        // Each was tried until it was acknowledged. One that had been stored although its answer was lost is not stored again
        await ShouldHoldAsync(deliveries, before, unacknowledged: false);
        (await StatusAsync("/health")).ShouldBe(HttpStatusCode.OK);
        async Task<HttpStatusCode> StatusAsync(string path) => (await http.GetAsync(new Uri(path, UriKind.Relative))).StatusCode;
    }

    private async Task ShouldHoldAsync(Deliveries deliveries, Dictionary<string, MailboxView> before, bool unacknowledged)
    {
        var found = 0;
        foreach (var account in Accounts)
        {
            using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, account, Password);
            imap.View.UidValidity.ShouldBe(before[account].UidValidity);
            imap.View.UidNext.ShouldBeGreaterThan(imap.View.Uids[^1]);
            imap.View.Uids[0].ShouldBeGreaterThanOrEqualTo(before[account].UidNext);
            var numbers = new HashSet<int>();
            imap.View.OnFetch = (_, response) =>
            {
                var message = response.Item("BODY[]")!.Bytes;
                var number = TestMail.NumberOf(message);
                numbers.Add(number).ShouldBeTrue($"message {number} is there twice");
                deliveries.Recipients(number).ShouldContain(account);
                TestMail.ShouldBeDelivered(message, Deliveries.Message(number), Deliveries.Sender, account);
            };
            for (var first = 1; first <= imap.View.Uids.Count; first += 200)
                await imap.OkAsync($"FETCH {first}:{Math.Min(first + 199, imap.View.Uids.Count)} (UID BODY.PEEK[])");
            numbers.Count.ShouldBe(imap.View.Uids.Count);
            var missing = deliveries.Acknowledged.Where(one => one.Recipient == account && !numbers.Contains(one.Number)).ToList();
            missing.ShouldBeEmpty("acknowledged and lost");
            found += numbers.Count;
        }

        if (!unacknowledged)
            found.ShouldBe(deliveries.Count);
        else
            found.ShouldBeInRange(deliveries.Count, deliveries.Count + (Sessions * 3), "no more than was under way");
    }

    private async Task<Dictionary<string, MailboxView>> StatesAsync()
    {
        var states = new Dictionary<string, MailboxView>();
        foreach (var account in Accounts)
        {
            using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, account, Password);
            states[account] = imap.View;
        }

        return states;
    }

    private static async Task<Dictionary<uint, int>> NumbersAsync(ImapClient imap)
    {
        var numbers = new Dictionary<uint, int>();
        imap.View.OnFetch = (uid, response) =>
        {
            if (response.Values[2].Items.FirstOrDefault(static item => item.Kind == ImapValueKind.Text) is { } header)
                numbers[uid] = TestMail.NumberOf(header.Bytes);
        };
        await imap.OkAsync("NOOP");
        await imap.OkAsync($"FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS ({TestMail.Field})])");
        return numbers;
    }
}
