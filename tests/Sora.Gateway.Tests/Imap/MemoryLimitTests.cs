using Sora.Configuration;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Tests.Imap;

/// <summary>connections.session_memory_limit.</summary>
[Collection("imap")]
public sealed class MemoryLimitTests(ImapFixture fixture)
{
    private const string Mail = "Subject: hello\n\nbody\n";

    [Fact]
    public async Task Commands_that_need_too_much_are_refused_and_the_session_goes_on()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail, Mail);

        // A result of four messages takes 48 octets; sorted by subject, 464; threaded, 1072
        await using var gateway = await fixture.StartAsync(TimeProvider.System, connections: new ConnectionOptions { SessionMemoryLimit = new ByteSize(500) });
        using var client = await user.LogInAsync("SELECT INBOX", gateway);
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
            S: e NO [LIMIT] …
            """);
    }

    [Fact]
    public async Task What_is_kept_up_to_date_counts_until_it_ends()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail, Mail);
        await using var gateway = await fixture.StartAsync(TimeProvider.System, connections: new ConnectionOptions { SessionMemoryLimit = new ByteSize(90) });
        using var client = await user.LogInAsync("SELECT INBOX", gateway);
        await client.PlayAsync("""
            C: a SEARCH RETURN (UPDATE) ALL
            S: * ESEARCH …
            S: a OK SEARCH completed
            C: b SEARCH RETURN (UPDATE) ALL
            S: * ESEARCH …
            S: b OK SEARCH completed
            C: c SEARCH RETURN (UPDATE COUNT) ALL
            S: c NO [LIMIT] …
            C: d CANCELUPDATE "a"
            S: d OK …
            C: e SEARCH RETURN (UPDATE) ALL
            S: * ESEARCH …
            S: e OK SEARCH completed
            C: f SELECT INBOX
            """);
        string? line;
        while ((line = await client.Socket.LineAsync()) is not null && !line.StartsWith("f OK", StringComparison.Ordinal))
            line.ShouldStartWith("* ");
        await client.PlayAsync("C: g SEARCH ALL\nS: * SEARCH 1 2 3 4\nS: g OK …");
    }
}
