using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>What clients on one mailbox see of each other.</summary>
[Collection("imap")]
public sealed class TwoClientTests(ImapFixture fixture)
{
    private const string Mail = "Subject: hello\n\nbody\n";

    [Fact]
    public async Task Expunges_wait_for_commands_without_sequence_numbers()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail);
        using var a = await user.LogInAsync("SELECT INBOX");
        using var b = await user.LogInAsync("SELECT INBOX");
        await b.DoAsync("STORE 1 +FLAGS.SILENT (\\Deleted \\Flagged)");
        await b.DoAsync("STORE 3 +FLAGS.SILENT (\\Seen)");
        await b.DoAsync("EXPUNGE");
        await user.DeliverAsync(Mail);
        await a.PlayAsync("""
            C: a1 FETCH 3 UID
            S: * 3 FETCH (FLAGS (\Seen \Recent))
            S: * 3 FETCH (UID 3)
            S: a1 OK FETCH completed
            C: a2 FETCH 1 (UID FLAGS BODY.PEEK[TEXT])
            S: * 1 FETCH (UID 1 FLAGS (\Recent) BODY[TEXT] {6}
            S: body
            S: )
            S: a2 OK FETCH completed
            C: a3 SEARCH ALL
            S: * SEARCH 1 2 3
            S: a3 OK SEARCH completed
            C: a4 STORE 1 +FLAGS (\Answered)
            S: * 1 FETCH (FLAGS (\Answered \Recent))
            S: a4 OK [EXPUNGEISSUED] …
            C: a41 STORE 1:2 FLAGS.SILENT (\Flagged)
            S: a41 OK STORE completed
            C: a42 FETCH 1:2 FLAGS
            S: * 1 FETCH (FLAGS (\Flagged \Recent))
            S: * 2 FETCH (FLAGS (\Flagged \Recent))
            S: a42 OK FETCH completed
            C: a5 COPY 1 Trash
            S: * 1 EXPUNGE
            S: * 3 EXISTS
            S: * 3 RECENT
            S: a5 NO [EXPUNGEISSUED] …
            C: a6 FETCH 1:* UID
            S: * 1 FETCH (UID 2)
            S: * 2 FETCH (UID 3)
            S: * 3 FETCH (UID 4)
            S: a6 OK FETCH completed
            """);
    }

    // A takes note of flags while expunges wait; what it hears of the messages that are gone is never older than that.
    [Theory]
    [InlineData("NOOP", false)]
    [InlineData("FETCH 1 FLAGS", true)]
    [InlineData("STORE 4 +FLAGS (\\Draft)", true)]
    public async Task Flags_of_messages_that_others_have_expunged_never_go_back(string hears, bool waits)
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail, Mail);
        using var a = await user.LogInAsync("ENABLE CONDSTORE");
        await a.DoAsync("SELECT INBOX");
        using var b = await user.LogInAsync("SELECT INBOX");
        await b.DoAsync("STORE 4 +FLAGS.SILENT (\\Deleted)");
        if (waits)
            await b.DoAsync("EXPUNGE");
        await b.DoAsync("STORE 2 +FLAGS.SILENT (\\Seen \\Deleted)");
        (await a.RunAsync(hears)).ShouldContain("* 2 FETCH (UID 2 FLAGS (\\Deleted \\Seen \\Recent) MODSEQ (" + (waits ? 8 : 7) + "))");
        await b.DoAsync("EXPUNGE");
        for (var round = 0; round < 2; round++)
        {
            var fetched = await a.RunAsync("FETCH 2 (FLAGS MODSEQ)");
            fetched.ShouldContain("* 2 FETCH (FLAGS (\\Deleted \\Seen \\Recent) MODSEQ (" + (waits ? 8 : 7) + "))");
            fetched.ShouldNotContain("* 2 FETCH (FLAGS (\\Recent)");
            await user.DeliverAsync(Mail);
            await b.DoAsync("NOOP");
            await b.DoAsync("STORE 1 +FLAGS.SILENT ($round" + round + ")");
            await a.DoAsync("SEARCH DELETED");
            (await a.DoAsync("SEARCH SEEN DELETED")).ShouldContain(static line => line.StartsWith("* SEARCH 2", StringComparison.Ordinal));
        }

        (await a.DoAsync("NOOP")).ShouldContain("* 2 EXPUNGE");
    }

    [Fact]
    public async Task Several_expunges_come_in_ascending_numbers_that_already_count_the_others()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail, Mail, Mail, Mail);
        using var a = await user.LogInAsync("SELECT INBOX");
        using var b = await user.LogInAsync("SELECT INBOX");
        await b.DoAsync("STORE 2:3,6 +FLAGS.SILENT \\Deleted");
        await b.PlayAsync("""
            C: b1 EXPUNGE
            S: * 2 EXPUNGE
            S: * 2 EXPUNGE
            S: * 4 EXPUNGE
            S: b1 OK EXPUNGE completed
            """);
        await a.PlayAsync("""
            C: a1 NOOP
            S: * 2 EXPUNGE
            S: * 2 EXPUNGE
            S: * 4 EXPUNGE
            S: a1 OK NOOP completed
            """);
    }

    [Fact]
    public async Task Flag_changes_of_others_are_seen_at_once_and_own_silent_ones_are_not_echoed()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail);
        using var a = await user.LogInAsync("SELECT INBOX");
        using var b = await user.LogInAsync("SELECT INBOX");
        await a.PlayAsync("""
            C: a1 STORE 1:2 +FLAGS.SILENT (\Seen $x)
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $x)
            S: * OK [PERMANENTFLAGS …
            S: a1 OK STORE completed
            C: a2 NOOP
            S: a2 OK NOOP completed
            """);
        await b.PlayAsync("""
            C: b1 NOOP
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $x)
            S: * OK [PERMANENTFLAGS …
            S: * 1 FETCH (FLAGS (\Seen $x))
            S: * 2 FETCH (FLAGS (\Seen $x))
            S: b1 OK NOOP completed
            C: b2 STORE 1 FLAGS (\Draft)
            S: * 1 FETCH (FLAGS (\Draft))
            S: b2 OK STORE completed
            """);
        await a.PlayAsync("""
            C: a3 STORE 2 -FLAGS.SILENT (\Seen)
            S: * 1 FETCH (FLAGS (\Draft \Recent))
            S: a3 OK STORE completed
            """);
    }

    [Fact]
    public async Task Idle_is_told_of_everything_at_once()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail);
        using var a = await user.LogInAsync("SELECT INBOX");
        using var b = await user.LogInAsync("SELECT INBOX");
        await a.PlayAsync("""
            C: a1 IDLE
            S: + idling
            """);
        await user.DeliverAsync(Mail);
        await a.PlayAsync("""
            S: * 3 EXISTS
            S: * 3 RECENT
            """);
        await b.DoAsync("STORE 1 +FLAGS (\\Deleted)");
        await a.PlayAsync("""
            S: * 1 FETCH (FLAGS (\Deleted \Recent))
            """);
        await b.DoAsync("EXPUNGE");
        await a.PlayAsync("""
            S: * 1 EXPUNGE
            C: DONE
            S: a1 OK IDLE completed
            C: a2 IDLE
            C: DONE
            C: a3 NOOP
            S: + idling
            S: a2 OK IDLE completed
            S: a3 OK NOOP completed
            C: a4 IDLE
            S: + idling
            C: a5 NOOP
            S: a4 BAD Expected DONE
            """);
    }

    [Fact]
    public async Task Recent_belongs_to_one_session()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail);
        using var a = await user.LogInAsync();
        (await a.DoAsync("EXAMINE INBOX")).ShouldContain("* 1 RECENT");
        (await a.DoAsync("SELECT INBOX")).ShouldContain("* 1 RECENT");
        using var b = await user.LogInAsync();
        (await b.DoAsync("SELECT INBOX")).ShouldContain("* 0 RECENT");
        (await a.DoAsync("SEARCH RECENT")).ShouldBe(["* SEARCH 1"]);
        (await a.DoAsync("SEARCH NEW")).ShouldBe(["* SEARCH 1"]);
        (await b.DoAsync("SEARCH OLD")).ShouldBe(["* SEARCH 1"]);
    }

    [Fact]
    public async Task A_deleted_mailbox_ends_the_sessions_that_have_it_open()
    {
        var user = await fixture.UserAsync();
        using var a = await user.LogInAsync("CREATE gone");
        await a.DoAsync("SELECT gone");
        using var b = await user.LogInAsync("SELECT gone");
        await a.PlayAsync("""
            C: a1 DELETE gone
            S: * OK [CLOSED] …
            S: a1 OK DELETE completed
            C: a2 FETCH 1 FLAGS
            S: a2 BAD …
            """);
        await b.PlayAsync("""
            C: b1 NOOP
            S: * BYE …
            S!
            """);
    }

    [Fact]
    public async Task Replicas_go_when_nobody_has_the_mailbox_open()
    {
        var user = await fixture.UserAsync();
        var id = (await user.Account.ListAsync(CancellationToken.None)).Find(MailboxName.Inbox)!.Id;
        using (var a = await user.LogInAsync("SELECT INBOX"))
        {
            fixture.Replicas.IsOpen(id).ShouldBeTrue();
            await a.DoAsync("UNSELECT");
            fixture.Replicas.IsOpen(id).ShouldBeFalse();
            await a.DoAsync("SELECT INBOX");
        }

        await Connections.Wait.UntilAsync(() => !fixture.Replicas.IsOpen(id), "replica is let go");
    }
}
