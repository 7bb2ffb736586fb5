using System.Text.RegularExpressions;

namespace Sora.Gateway.Tests.Imap;

/// <summary>THREADID (RFC 8474 sections 5.2, 5.3 and 6).</summary>
[Collection("imap")]
public sealed partial class ThreadIdTests(ImapFixture fixture)
{
    private static readonly string[] Mails =
    [
        "Message-ID: <1@x>\nSubject: a\n\n1\n",
        "Message-ID: <2@x>\nIn-Reply-To: <1@x>\nSubject: Re: a\n\n2\n",
        "Message-ID: <3@x>\nIn-Reply-To: <2@x>\nReferences: <1@x>\n <2@x>\nSubject: Re: a\n\n3\n",
        "Message-ID: <4@x>\nSubject: a\n\n4\n",
        "Subject: a\n\n5\n",
        "Subject: a\n\n5\n",
    ];

    [Fact]
    public async Task A_conversation_has_one_thread_id_indexed_or_not()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mails);
        using var client = await user.LogInAsync("SELECT INBOX");
        var ids = await ThreadsAsync(client);
        ids[1].ShouldBe(ids[0]);
        ids[2].ShouldBe(ids[0]);
        ids[2..].ShouldBeUnique();
        ids.ShouldAllBe(id => ObjectId().IsMatch(id));
        await PlaySearchesAsync(client, ids);
        await fixture.Search.IndexDueAsync(CancellationToken.None);
        (await ThreadsAsync(client)).ShouldBe(ids);
        await PlaySearchesAsync(client, ids);
    }

    // RFC 8474 sections 5.3 and 6
    [Fact]
    public async Task Thread_ids_stay_through_copy_and_move()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mails[0], Mails[1], Mails[3]);
        using var client = await user.LogInAsync("SELECT INBOX");
        var fetched = (await client.DoAsync("FETCH 1:* (EMAILID THREADID)")).ConvertAll(line => line[line.IndexOf('(', StringComparison.Ordinal)..]);
        await client.DoAsync("CREATE foo");
        await client.DoAsync("COPY 1 foo");
        await client.DoAsync("MOVE 2 foo");
        await client.PlayAsync($"""
            C: 24 FETCH 1:* (EMAILID THREADID)
            S: * 1 FETCH {fetched[0]}
            S: * 2 FETCH {fetched[2]}
            S: 24 OK FETCH completed
            C: 25 ESEARCH IN (personal) RETURN (COUNT) THREADID {IdIn(fetched[0])}
            S: * ESEARCH (TAG "25" MAILBOX INBOX UIDVALIDITY …) UID COUNT 1
            S: * ESEARCH (TAG "25" MAILBOX foo UIDVALIDITY …) UID COUNT 2
            S: 25 OK ESEARCH completed
            """);
        await client.DoAsync("SELECT foo");
        (await client.DoAsync("FETCH 1:* (EMAILID THREADID)")).ShouldBe([$"* 1 FETCH {fetched[0]}", $"* 2 FETCH {fetched[1]}"]);
    }

    [Fact]
    public async Task Other_accounts_see_the_same_thread()
    {
        var first = await fixture.UserAsync();
        var second = await fixture.UserAsync();
        await first.DeliverAsync(Mails[2]);
        await second.DeliverAsync(Mails[0]);
        using var client = await first.LogInAsync("SELECT INBOX");
        using var other = await second.LogInAsync("SELECT INBOX");
        (await ThreadsAsync(other)).ShouldBe(await ThreadsAsync(client));
    }

    private static async Task<List<string>> ThreadsAsync(ImapClient client) => (await client.DoAsync("FETCH 1:* THREADID")).ConvertAll(IdIn);

    private static Task PlaySearchesAsync(ImapClient client, List<string> ids) => client.PlayAsync($"""
        C: a SEARCH THREADID {ids[0]}
        S: * SEARCH 1 2 3
        S: a OK SEARCH completed
        C: b UID SEARCH OR THREADID {ids[3]} THREADID {ids[4]}
        S: * SEARCH 4 5
        S: b OK SEARCH completed
        C: c SEARCH NOT THREADID {ids[0]}
        S: * SEARCH 4 5 6
        S: c OK SEARCH completed
        C: d SEARCH THREADID {ids[0].ToUpperInvariant()}x
        S: * SEARCH
        S: d OK SEARCH completed
        C: e SEARCH SENTSINCE 1-Jan-1990 THREADID {ids[0]}
        S: * SEARCH
        S: e OK SEARCH completed
        C: f SEARCH RETURN (ALL) THREADID {ids[0]} BODY "2"
        S: * ESEARCH (TAG "f") ALL 2
        S: f OK SEARCH completed
        """);

    private static string IdIn(string line) => Thread().Match(line).Groups[1].Value;

    [GeneratedRegex("THREADID \\(([^)]*)\\)")]
    private static partial Regex Thread();

    [GeneratedRegex("^T(M[1-9][0-9]*|[0-9a-f]{16})$")]
    private static partial Regex ObjectId();
}
