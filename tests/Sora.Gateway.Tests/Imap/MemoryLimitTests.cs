using System.Globalization;
using Sora.Configuration;
using Sora.Gateway.Connections;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Imap;

/// <summary>connections.session_memory_limit: what is beyond it is refused, the session goes on, and holds nothing once its commands are over.</summary>
[Collection("imap")]
public sealed class MemoryLimitTests(ImapFixture fixture)
{
    private const string Mail = "Subject: hello\n\nbody\n";

    [Fact]
    public async Task Results_and_the_columns_of_SORT_and_THREAD_count()
    {
        var (site, client) = await StartAsync(500, Mail, Mail, Mail, Mail);
        await using var gateway = site;
        using var session = client;

        // A result of four messages takes 48 octets; sorted by subject, 460; by subject and sender, 604; threaded, 832 and more
        await client.PlayAsync("""
            C: a SEARCH ALL
            S: * SEARCH 1 2 3 4
            S: a OK …
            C: b SORT (SUBJECT) UTF-8 ALL
            S: * SORT 1 2 3 4
            S: b OK …
            C: c SORT (SUBJECT FROM) UTF-8 ALL
            S: c NO [LIMIT] This needs more memory than a session may take
            C: d SORT (SUBJECT FROM) UTF-8 1
            S: * SORT 1
            S: d OK …
            C: e THREAD REFERENCES UTF-8 ALL
            S: e NO [LIMIT] This needs more memory than a session may take
            C: f UID SORT RETURN (COUNT) (SUBJECT FROM) UTF-8 ALL
            S: f NO [LIMIT] This needs more memory than a session may take
            C: g THREAD REFERENCES UTF-8 1
            S: * THREAD (1)
            S: g OK …
            """);
        Used(gateway).ShouldBe(0);
    }

    [Fact]
    public async Task Search_results_count()
    {
        var (site, client) = await StartAsync(40, Mail, Mail, Mail, Mail);
        await using var gateway = site;
        using var session = client;
        await client.PlayAsync("""
            C: a SEARCH ALL
            S: a NO [LIMIT] This needs more memory than a session may take
            C: b UID SEARCH RETURN (COUNT SAVE) ALL
            S: b NO [LIMIT] This needs more memory than a session may take
            C: c SEARCH $
            S: * SEARCH
            S: c OK …
            C: d SEARCH 1:3
            S: * SEARCH 1 2 3
            S: d OK …
            """);
        Used(gateway).ShouldBe(0);
    }

    [Fact]
    public async Task Texts_and_references_count_with_their_length()
    {
        var references = string.Join("\n ", Enumerable.Range(0, 50).Select(static i => string.Create(CultureInfo.InvariantCulture, $"<{i}@example.org>")));
        var (site, client) = await StartAsync(3000, $"Subject: {new string('x', 800)}\n\n", $"Subject: {new string('y', 800)}\n\n", $"References: {references}\n\n", Mail);
        await using var gateway = site;
        using var session = client;
        await client.PlayAsync("""
            C: a SORT (SUBJECT) UTF-8 1:2
            S: a NO [LIMIT] This needs more memory than a session may take
            C: b SORT (REVERSE ARRIVAL) UTF-8 1:2
            S: * SORT 1 2
            S: b OK …
            C: c SORT (SUBJECT) UTF-8 2,4
            S: * SORT 4 2
            S: c OK …
            C: d THREAD REFERENCES UTF-8 3:4
            S: d NO [LIMIT] This needs more memory than a session may take
            C: e THREAD ORDEREDSUBJECT UTF-8 3:4
            S: * THREAD (3)(4)
            S: e OK …
            """);
        Used(gateway).ShouldBe(0);
    }

    [Fact]
    public async Task Results_of_all_mailboxes_count_together()
    {
        var (site, client) = await StartAsync(90, Mail, Mail, Mail, Mail);
        await using var gateway = site;
        using var session = client;
        await client.RunAsync("CREATE Other");
        await client.RunAsync("COPY 1:4 Other");
        await client.PlayAsync("""
            C: a ESEARCH IN (mailboxes INBOX) RETURN (COUNT) ALL
            S: * ESEARCH …
            S: a OK …
            C: b ESEARCH IN (mailboxes (INBOX Other)) RETURN (COUNT) ALL
            S: b NO [LIMIT] This needs more memory than a session may take
            C: c ESEARCH IN (mailboxes (INBOX Other)) RETURN (COUNT) UID 1
            S: * ESEARCH …
            S: * ESEARCH …
            S: c OK …
            """);
        Used(gateway).ShouldBe(0);
    }

    [Fact]
    public async Task What_is_kept_up_to_date_counts_until_it_ends()
    {
        var (site, client) = await StartAsync(115, Mail, Mail, Mail, Mail);
        await using var gateway = site;
        using var session = client;
        await client.PlayAsync("""
            C: a SEARCH RETURN (UPDATE) ALL
            S: * ESEARCH …
            S: a OK SEARCH completed
            C: b SEARCH RETURN (UPDATE) ALL
            S: * ESEARCH …
            S: b OK SEARCH completed
            C: c SEARCH RETURN (UPDATE COUNT) ALL
            S: * NO [NOUPDATE "c"] Too much memory
            S: * ESEARCH …
            S: c OK SEARCH completed, will not notify
            C: d CANCELUPDATE "a"
            S: d OK …
            C: e SEARCH RETURN (UPDATE) ALL
            S: * ESEARCH …
            S: e OK SEARCH completed
            """);
        Used(gateway).ShouldBe(64);
        await client.RunAsync("SELECT INBOX");
        Used(gateway).ShouldBe(0);
    }

    [Fact]
    public async Task A_result_that_grows_too_large_is_no_longer_kept_up_to_date()
    {
        var (site, client) = await StartAsync(100, Mail, Mail, Mail, Mail);
        await using var gateway = site;
        using var session = client;
        (await client.RunAsync("SEARCH RETURN (UPDATE) ALL"))[^1].ShouldStartWith("OK");
        Used(gateway).ShouldBe(32);
        foreach (var append in Enumerable.Repeat("APPEND INBOX {5+}\r\na: b\n", 8))
            (await client.RunAsync(append))[^1].ShouldStartWith("OK");
        Used(gateway).ShouldBe(96);
        (await client.RunAsync("APPEND INBOX {5+}\r\na: b\n")).ShouldContain(static line => line.StartsWith("* NO [NOUPDATE ", StringComparison.Ordinal));
        Used(gateway).ShouldBe(0);
        (await client.RunAsync("STORE 1:10 +FLAGS.SILENT (\\Deleted)"))[^1].ShouldStartWith("OK");
        (await client.RunAsync("EXPUNGE"))[^1].ShouldStartWith("OK");
        (await client.RunAsync("SEARCH RETURN (UPDATE) ALL"))[^1].ShouldBe("OK SEARCH completed");
        (await client.RunAsync("STORE 1 +FLAGS.SILENT (\\Deleted)"))[^1].ShouldStartWith("OK");
        (await client.RunAsync("EXPUNGE"))[^1].ShouldStartWith("OK");
        Used(gateway).ShouldBe(16);
    }

    [Fact]
    public async Task Messages_of_one_APPEND_count_together()
    {
        var (site, client) = await StartAsync(40);
        await using var gateway = site;
        using var session = client;
        const string one = "Subject: 1\r\n\r\nx\r\nyy\r\n\r\n"; // 23 octets
        (await client.RunAsync($"APPEND INBOX {{23+}}\r\n{one}"))[^1].ShouldStartWith("OK");
        (await client.RunAsync($"APPEND INBOX {{23+}}\r\n{one} {{23+}}\r\n{one} {{23+}}\r\n{one}")).Single().ShouldStartWith("NO [LIMIT] ");
        Used(gateway).ShouldBe(0);
        (await client.RunAsync($"APPEND INBOX {{23+}}\r\n{one} {{23+}}\r\n{one}"))[^1].ShouldStartWith("OK");
        (await client.RunAsync("STATUS INBOX (MESSAGES)"))[0].ShouldBe("* STATUS INBOX (MESSAGES 3)");
        Used(gateway).ShouldBe(0);
    }

    [Fact]
    public async Task A_refusal_is_counted_and_logged()
    {
        using var refusals = new Refusals();
        var log = new ListLog();
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail);
        await using var gateway = await fixture.StartAsync(
            TimeProvider.System, connections: new ConnectionOptions { SessionMemoryLimit = new ByteSize(20) }, metrics: refusals.Metrics, log: log);
        using var client = await user.LogInAsync("SELECT INBOX", gateway);
        (await client.RunAsync("SEARCH ALL")).Single().ShouldStartWith("NO [LIMIT] ");
        refusals["session_memory"].ShouldBe(1);
        log.Lines.ShouldContain(static line => line.StartsWith("Information imap SEARCH of connection ", StringComparison.Ordinal) && line.EndsWith("refused: session_memory", StringComparison.Ordinal));
    }

    private async Task<(TestGateway Gateway, ImapClient Client)> StartAsync(long limit, params string[] messages)
    {
        var user = await fixture.UserAsync();
        if (messages.Length > 0)
            await user.DeliverAsync(messages);
        var gateway = await fixture.StartAsync(TimeProvider.System, connections: new ConnectionOptions { SessionMemoryLimit = new ByteSize(limit) });
        return (gateway, await user.LogInAsync("SELECT INBOX", gateway));
    }

    private static long Used(TestGateway gateway) => gateway.Listeners.Connections.Single().Memory.Used;
}
