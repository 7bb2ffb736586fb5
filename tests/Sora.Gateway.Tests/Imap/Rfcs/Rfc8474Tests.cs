using System.Text.RegularExpressions;

namespace Sora.Gateway.Tests.Imap;

/// <summary>The examples of RFC 8474 (OBJECTID) in their order.</summary>
[Collection("imap")]
public sealed partial class Rfc8474Tests(ImapFixture fixture)
{
    [Fact]
    public async Task Mailboxes()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        var foo = Id((await client.RunAsync("create foo"))[^1]);
        var bar = Id((await client.RunAsync("create bar"))[^1]);
        await client.PlayAsync($$"""
            C: 5 create foo
            S: 5 NO [ALREADYEXISTS] …
            C: 27 select "foo"
            S: * FLAGS …
            S: * OK [PERMANENTFLAGS …
            S: * 0 EXISTS
            S: * 0 RECENT
            S: * OK [UIDVALIDITY …
            S: * OK [UIDNEXT 1] …
            S: * OK [HIGHESTMODSEQ 1] …
            S: * OK [MAILBOXID ({{foo}})] …
            S: 27 OK [READ-WRITE] SELECT completed
            C: 6 status foo (mailboxid)
            S: * STATUS foo (MAILBOXID ({{foo}}))
            S: 6 OK STATUS completed
            C: 7 status bar (mailboxid)
            S: * STATUS bar (MAILBOXID ({{bar}}))
            S: 7 OK STATUS completed
            C: 8 rename foo renamed
            S: 8 OK RENAME completed
            C: 9 status renamed (mailboxid)
            S: * STATUS renamed (MAILBOXID ({{foo}}))
            S: 9 OK STATUS completed
            C: 10 status bar (mailboxid)
            S: * STATUS bar (MAILBOXID ({{bar}}))
            S: 10 OK STATUS completed
            C: 11 list "" (bar renamed) return (status (mailboxid))
            S: * LIST (\HasNoChildren) "/" bar
            S: * STATUS bar (MAILBOXID ({{bar}}))
            S: * LIST (\HasNoChildren) "/" renamed
            S: * STATUS renamed (MAILBOXID ({{foo}}))
            S: 11 OK LIST completed
            C: 12 delete bar
            S: 12 OK DELETE completed
            """);
        Id((await client.RunAsync("create bar"))[^1]).ShouldNotBe(bar);
    }

    [Fact]
    public async Task Messages()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(
            "Message-ID: <1@one.example>\nSubject: one\n\n1\n",
            "Message-ID: <2@one.example>\nIn-Reply-To: <1@one.example>\nSubject: Re: one\n\n22\n",
            "Subject: other\n\n333\n");
        using var client = await user.LogInAsync("CREATE foo");
        await client.DoAsync("SELECT INBOX");
        var ids = (await client.DoAsync("fetch 1:* (emailid)")).ConvertAll(Id);
        var threads = (await client.DoAsync("fetch 1:* (threadid)")).ConvertAll(Id);
        threads[1].ShouldBe(threads[0]);
        threads[2].ShouldNotBe(threads[0]);
        await client.PlayAsync($$"""
            C: 22 fetch 1:* (emailid threadid)
            S: * 1 FETCH (EMAILID ({{ids[0]}}) THREADID ({{threads[0]}}))
            S: * 2 FETCH (EMAILID ({{ids[1]}}) THREADID ({{threads[1]}}))
            S: * 3 FETCH (EMAILID ({{ids[2]}}) THREADID ({{threads[2]}}))
            S: 22 OK FETCH completed
            C: 23 move 2 foo
            S: * OK [COPYUID … 2 1] …
            S: * 2 EXPUNGE
            S: 23 OK MOVE completed
            C: 24 fetch 1:* (emailid threadid)
            S: * 1 FETCH (EMAILID ({{ids[0]}}) THREADID ({{threads[0]}}))
            S: * 2 FETCH (EMAILID ({{ids[2]}}) THREADID ({{threads[2]}}))
            S: 24 OK FETCH completed
            C: 27 search emailid {{ids[0]}}
            S: * SEARCH 1
            S: 27 OK SEARCH completed
            C: 28 search threadid {{threads[0]}}
            S: * SEARCH 1
            S: 28 OK SEARCH completed
            C: 29 search threadid T64b478a75b7ea9
            S: * SEARCH
            S: 29 OK SEARCH completed
            """);
        await client.DoAsync("select \"foo\"");
        (await client.DoAsync("fetch 1:* (emailid threadid)")).ShouldBe([$"* 1 FETCH (EMAILID ({ids[1]}) THREADID ({threads[1]}))"]);
    }

    private static string Id(string line) => IdPattern().Match(line).Groups[1].Value;

    [GeneratedRegex("ID \\(([A-Za-z0-9_-]+)\\)")]
    private static partial Regex IdPattern();
}
