using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>
/// The examples of RFC 5465 (NOTIFY) in their order, on mailboxes of our own, and what comes when other extensions are in use. Section 3.1 prints its
/// commands without the parentheses that the grammar of section 8 wants, and without MessageExpunge, which section 5.2 wants; here they have both.
/// </summary>
[Collection("imap")]
public sealed class Rfc5465Tests(ImapFixture fixture)
{
    private const string Mail = "Subject: Re: good morning\nFrom: alice@example.org\nTo: bob@example.org\n\nHello\n";

    [Fact]
    public async Task Section_3_1_one_more_mailbox()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("CREATE Lists/Lemonade");
        await client.DoAsync("CREATE misc");
        await client.DoAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: b notify set (selected (MessageNew (uid body.peek[header.fields (from to subject)]) MessageExpunge)) (subtree Lists (MessageNew MessageExpunge))
            S: b OK NOTIFY completed
            """);
        await user.DeliverToAsync("misc", Mail);
        await client.PlayAsync("""
            C: d STATUS misc (UIDVALIDITY UIDNEXT MESSAGES)
            S: * STATUS misc (UIDVALIDITY … UIDNEXT 2 MESSAGES 1)
            S: d OK STATUS completed
            C: e notify set (selected (MessageNew (uid body.peek[header.fields (from to subject)]) MessageExpunge)) (subtree Lists (MessageNew MessageExpunge)) (mailboxes misc (MessageNew MessageExpunge))
            S: e OK NOTIFY completed
            """);
        await user.DeliverToAsync("misc", Mail);
        await client.PlayAsync("S: * STATUS misc (MESSAGES 2 UIDNEXT 3 UIDVALIDITY …)");
        await user.DeliverToAsync("Lists/Lemonade", Mail);
        await client.PlayAsync("S: * STATUS Lists/Lemonade (MESSAGES 1 UIDNEXT 2 UIDVALIDITY …)");
        await user.DeliverAsync(Mail);
        await client.PlayAsync("""
            S: * 1 EXISTS
            S: * 1 RECENT
            S: * 1 FETCH (UID 1 BODY[HEADER.FIELDS (from to subject)] {75}
            S: Subject: Re: good morning
            S: From: alice@example.org
            S: To: bob@example.org
            S: 
            S: )
            """);
    }

    [Fact]
    public async Task Section_6_two_groups_for_one_mailbox()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        using var other = await user.LogInAsync("UNSUBSCRIBE INBOX");
        await client.PlayAsync("""
            C: a notify set (mailboxes INBOX (Messagenew messageExpunge)) (personal (SubscriptionChange))
            S: a OK NOTIFY completed
            """);
        await user.DeliverAsync(Mail);
        await client.PlayAsync("S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY …)");
        await other.DoAsync("SUBSCRIBE INBOX");
        await client.PlayAsync("S: * LIST (\\HasNoChildren \\Subscribed) \"/\" INBOX");
        await user.DeliverToAsync("Trash", Mail); // of which only subscriptions are asked for
        await client.PlayAsync("""
            C: b NOOP
            S: b OK NOOP completed
            """);
    }

    [Fact]
    public async Task Section_6_the_selected_mailbox_is_not_one_of_the_personal_ones()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail);
        await user.DeliverToAsync("Trash", Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        using var other = await user.LogInAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a notify set (selected (Messagenew (uid flags) messageExpunge)) (personal (MessageNew FlagChange MessageExpunge))
            S: a OK NOTIFY completed
            """);
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Flagged)"); // no FlagChange is asked for here
        await user.DeliverAsync(Mail);
        await client.PlayAsync("""
            S: * 2 EXISTS
            S: * 2 RECENT
            S: * 2 FETCH (UID 2 FLAGS (\Recent))
            """);
        await other.DoAsync("SELECT Trash");
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Seen)");
        await client.PlayAsync("S: * STATUS Trash (UIDVALIDITY … UNSEEN 0)");
    }

    [Fact]
    public async Task Uid_only_clients_are_told_by_uid()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail);
        using var other = await user.LogInAsync("SELECT INBOX");
        using var client = await user.LogInAsync("ENABLE UIDONLY");
        await client.DoAsync("SELECT INBOX");
        await client.DoAsync("NOTIFY SET (selected (MessageNew (FLAGS BODY.PEEK[HEADER.FIELDS (TO)]) MessageExpunge FlagChange))");
        await other.DoAsync("STORE 2 +FLAGS.SILENT (\\Deleted)");
        await client.PlayAsync("S: * 2 UIDFETCH (FLAGS (\\Deleted))");
        await other.DoAsync("EXPUNGE");
        await client.PlayAsync("S: * VANISHED 2");
        await user.DeliverAsync(Mail);
        await client.PlayAsync("""
            S: * 3 EXISTS
            S: * 1 RECENT
            S: * 4 UIDFETCH (FLAGS (\Recent) BODY[HEADER.FIELDS (TO)] {23}
            S: To: bob@example.org
            S: 
            S: )
            C: a NOOP
            S: a OK NOOP completed
            """);
    }

    [Fact]
    public async Task Uid_only_clients_that_delay_expunges()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail);
        using var other = await user.LogInAsync("SELECT INBOX");
        using var client = await user.LogInAsync("ENABLE UIDONLY");
        await client.DoAsync("SELECT INBOX");
        await client.DoAsync("NOTIFY SET (selected-delayed (MessageNew (UID) MessageExpunge FlagChange))");
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Deleted)");
        await client.PlayAsync("S: * 1 UIDFETCH (FLAGS (\\Deleted))");
        await other.DoAsync("EXPUNGE");
        await other.DoAsync("UID STORE 3 +FLAGS.SILENT (\\Seen)");
        await client.PlayAsync("""
            S: * 3 UIDFETCH (FLAGS (\Seen))
            C: a NOOP
            S: * VANISHED 1
            S: a OK NOOP completed
            """);
    }

    [Fact]
    public async Task New_messages_are_fetched_once_each_and_stay_unseen()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("NOTIFY SET (selected (MessageNew (UID RFC822.SIZE BODY.PEEK[TEXT]) MessageExpunge))");
        for (var i = 1; i <= 2; i++)
        {
            await user.DeliverAsync(Mail);
            await client.PlayAsync($$"""
                S: * {{i}} EXISTS
                S: * {{i}} RECENT
                S: * {{i}} FETCH (UID {{i}} RFC822.SIZE 82 BODY[TEXT] {7}
                S: Hello
                S: )
                """);
        }

        await client.PlayAsync("""
            C: a SEARCH RETURN (COUNT) UNSEEN
            S: * ESEARCH (TAG "a") COUNT 2
            S: a OK SEARCH completed
            """);
    }

    [Fact]
    public async Task Section_7_new_messages_come_before_the_search_results_that_name_them()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        using var other = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("NOTIFY SET (selected (MessageNew (UID) MessageExpunge FlagChange))");
        await client.PlayAsync("""
            C: a00 SEARCH RETURN (COUNT UPDATE) UNDELETED FROM "alice"
            S: * ESEARCH (TAG "a00") COUNT 1
            S: a00 OK SEARCH completed
            """);
        await user.DeliverAsync(Mail);
        await client.PlayAsync("""
            S: * 2 EXISTS
            S: * 2 RECENT
            S: * 2 FETCH (UID 2)
            S: * ESEARCH (TAG "a00") ADDTO (0 2)
            """);
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Deleted)");
        await client.PlayAsync("""
            S: * 1 FETCH (UID 1 FLAGS (\Deleted \Recent))
            S: * ESEARCH (TAG "a00") REMOVEFROM (0 1)
            """);
        await other.DoAsync("EXPUNGE");
        await client.PlayAsync("""
            S: * 1 EXPUNGE
            C: a01 CANCELUPDATE "a00"
            S: a01 OK CANCELUPDATE completed
            """);
    }

    [Fact]
    public async Task Section_7_what_joins_the_result_is_fetched()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        using var other = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("NOTIFY SET (selected (MessageNew (UID) MessageExpunge FlagChange))");
        await client.PlayAsync("""
            C: a00 SEARCH RETURN (COUNT UPDATE (UID BODY.PEEK[HEADER.FIELDS (TO FROM SUBJECT)])) FROM "alice" UNFLAGGED
            S: * ESEARCH (TAG "a00") COUNT 1
            S: a00 OK SEARCH completed
            """);
        await user.DeliverAsync(Mail);
        await client.PlayAsync("""
            S: * 2 EXISTS
            S: * 2 RECENT
            S: * 2 FETCH (UID 2)
            S: * 2 FETCH (UID 2 BODY[HEADER.FIELDS (TO FROM SUBJECT)] {75}
            S: Subject: Re: good morning
            S: From: alice@example.org
            S: To: bob@example.org
            S: 
            S: )
            S: * ESEARCH (TAG "a00") ADDTO (0 2)
            """);
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Flagged)");
        await client.PlayAsync("""
            S: * 1 FETCH (UID 1 FLAGS (\Flagged \Recent))
            S: * ESEARCH (TAG "a00") REMOVEFROM (0 1)
            """);

        // Flags make it a member again, for which nothing is fetched
        await other.DoAsync("STORE 1 -FLAGS.SILENT (\\Flagged)");
        await client.PlayAsync("""
            S: * 1 FETCH (UID 1 FLAGS (\Recent))
            S: * ESEARCH (TAG "a00") ADDTO (0 1)
            C: a01 NOOP
            S: a01 OK NOOP completed
            """);
    }
}
