using Sora.Gateway.Imap;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Imap;

/// <summary>Searches that are refused: NO with a code, and an empty result saved (RFC 5182 section 2.1).</summary>
[Collection("imap")]
public sealed class SearchLimitTests(ImapFixture fixture)
{
    [Fact]
    public async Task A_refused_search_empties_the_saved_result_and_a_wrong_one_does_not()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: x\n\n", "Subject: y\n\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a1 SEARCH RETURN (SAVE) ALL
            S: a1 OK SEARCH completed
            C: a2 SEARCH CHARSET X-NONE SUBJECT x
            S: a2 NO [BADCHARSET (US-ASCII UTF-8 …)] …
            C: a3 SEARCH RETURN (SAVE) CHARSET X-NONE SUBJECT x NONSENSE
            S: a3 BAD …
            C: a4 SEARCH RETURN (COUNT) $
            S: * ESEARCH (TAG "a4") COUNT 2
            S: a4 OK SEARCH completed
            C: a5 SEARCH RETURN (SAVE) CHARSET X-NONE SUBJECT x
            C: a6 FETCH $ UID
            S: a5 NO [BADCHARSET (…)] …
            S: a6 OK FETCH completed
            C: b1 SORT RETURN (SAVE) (DATE) UTF-8 ALL
            S: b1 OK SORT completed
            C: b2 SORT RETURN (SAVE) (DATE) X-NONE ALL
            S: b2 NO [BADCHARSET (…)] …
            C: b3 SEARCH RETURN (COUNT) $
            S: * ESEARCH (TAG "b3") COUNT 0
            S: b3 OK SEARCH completed
            C: b4 ESEARCH RETURN (SAVE) ALL
            S: b4 OK ESEARCH completed
            C: b5 ESEARCH RETURN (SAVE) CHARSET X-NONE ALL
            S: b5 NO [BADCHARSET (…)] …
            C: b6 SEARCH RETURN (COUNT) $
            S: * ESEARCH (TAG "b6") COUNT 0
            S: b6 OK SEARCH completed
            """);
    }

    [Fact]
    public async Task Nesting_of_any_depth_is_answered()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: x\n\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        (await client.DoAsync($"SEARCH {Nested(49)}")).ShouldBe(["* SEARCH 1"]);
        await client.DoAsync("SEARCH RETURN (SAVE) ALL");
        foreach (var depth in new[] { 50, 51, 60, 10_000 })
        {
            (await client.RunAsync($"SEARCH {Nested(depth)}")).Single().ShouldStartWith("NO [LIMIT]", Case.Sensitive, $"{depth}");
            (await client.RunAsync($"SEARCH {string.Concat(Enumerable.Repeat("NOT ", depth))}ALL")).Single().ShouldStartWith("NO [LIMIT]");
        }

        (await client.DoAsync("SEARCH $")).ShouldBe(["* SEARCH 1"]);
        (await client.RunAsync($"SEARCH RETURN (SAVE) {Nested(1000)}")).Single().ShouldStartWith("NO [LIMIT]");
        (await client.DoAsync("SEARCH $")).ShouldBe(["* SEARCH"]);

        static string Nested(int depth) => new string('(', depth) + "ALL" + new string(')', depth);
    }

    [Fact]
    public async Task So_many_results_and_no_more()
    {
        var user = await fixture.UserAsync();
        for (var i = 0; i < 4; i++)
            await user.DeliverAsync("Subject: x\n\n");
        await using var gateway = await fixture.StartAsync(TimeProvider.System, new ImapOptions { IdVersion = "1.0", MaxSearchResults = 3 });
        using var client = await LogInAsync(gateway, user);
        (await client.DoAsync("SEARCH 1:3")).ShouldBe(["* SEARCH 1 2 3"]);
        foreach (var command in new[]
                 {
                     "SEARCH ALL", "UID SEARCH ALL", "SEARCH RETURN (SAVE) ALL", "SEARCH RETURN (ALL COUNT) ALL", "SEARCH RETURN (UPDATE COUNT) ALL", "SORT (DATE) UTF-8 ALL",
                     "THREAD REFS UTF-8 ALL", "ESEARCH IN (inboxes) ALL",
                 })
            (await client.RunAsync(command)).Single().ShouldStartWith("NO [LIMIT]", Case.Sensitive, command);
        (await client.DoAsync("SEARCH RETURN (MIN MAX COUNT) ALL")).Single().ShouldEndWith(" MIN 1 MAX 4 COUNT 4");
        (await client.DoAsync("SORT RETURN (PARTIAL 1:3) (REVERSE ARRIVAL REVERSE SIZE) UTF-8 ALL")).Single().ShouldEndWith(" PARTIAL (1:3 1:3)");
        (await client.DoAsync("ESEARCH IN (inboxes) RETURN (COUNT) ALL")).Single().ShouldEndWith(" COUNT 4");
    }

    [Fact]
    public async Task So_many_searches_in_a_minute_and_no_more()
    {
        var time = new ManualTime();
        var user = await fixture.UserAsync();
        var other = await fixture.UserAsync();
        await using var gateway = await fixture.StartAsync(time, new ImapOptions { IdVersion = "1.0", SearchRate = 4 });
        using var first = await LogInAsync(gateway, user);
        using var second = await LogInAsync(gateway, user);
        using var stranger = await LogInAsync(gateway, other);
        await first.DoAsync("SEARCH ALL");
        await second.DoAsync("UID SORT (DATE) UTF-8 ALL");
        await first.DoAsync("THREAD REFS UTF-8 ALL");
        await second.DoAsync("ESEARCH IN (inboxes) ALL");
        foreach (var command in new[] { "SEARCH ALL", "SORT (DATE) UTF-8 ALL", "THREAD REFS UTF-8 ALL", "ESEARCH ALL" })
            (await first.RunAsync(command)).ShouldBe(["NO [LIMIT] Too many searches, try again later"], command);
        (await second.RunAsync("SEARCH ALL")).Single().ShouldStartWith("NO [LIMIT]");
        (await second.RunAsync("SEARCH NONSENSE")).Single().ShouldStartWith("BAD");
        await stranger.DoAsync("SEARCH ALL");
        time.Advance(TimeSpan.FromSeconds(15));
        await first.DoAsync("SEARCH ALL");
        (await second.RunAsync("SEARCH ALL")).Single().ShouldStartWith("NO [LIMIT]");
        time.Advance(TimeSpan.FromMinutes(5));
        for (var i = 0; i < 4; i++)
            await first.DoAsync("SEARCH ALL");
        (await first.RunAsync("SEARCH ALL")).Single().ShouldStartWith("NO [LIMIT]");
    }

    private static async Task<ImapClient> LogInAsync(TestGateway gateway, TestUser user)
    {
        var client = new ImapClient(await gateway.ConnectAsync());
        await client.PlayAsync("S: * OK …");
        await client.DoAsync($"LOGIN {user.Address} secret");
        await client.DoAsync("SELECT INBOX");
        return client;
    }
}
