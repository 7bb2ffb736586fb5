using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>RFC 5465, NOTIFY.</summary>
[Collection("imap")]
public sealed class NotifyTests(ImapFixture fixture)
{
    private readonly string _domain = $"{Guid.NewGuid():n}.example"; // what is shared with anyone stays in it

    private const string Mail = "From: a@example.com\nSubject: hello\n\nbody\n";

    [Fact]
    public async Task The_session_of_section_3_1()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("CREATE Lists/Lemonade");
        await client.DoAsync("CREATE Lists/Im2000");
        for (var i = 0; i < 2; i++)
            await user.DeliverToAsync("Lists/Lemonade", Mail);
        await client.PlayAsync("""
            C: b notify set status (selected (MessageNew (uid body.peek[header.fields (from subject)]) MessageExpunge)) (subtree Lists (MessageNew MessageExpunge))
            S: * STATUS Lists (MESSAGES 0 UIDNEXT 1 UIDVALIDITY …)
            S: * STATUS Lists/Im2000 (MESSAGES 0 UIDNEXT 1 UIDVALIDITY …)
            S: * STATUS Lists/Lemonade (MESSAGES 2 UIDNEXT 3 UIDVALIDITY …)
            S: b OK NOTIFY completed
            """);
        await client.DoAsync("SELECT INBOX");
        await user.DeliverToAsync("Lists/Lemonade", Mail);
        await client.PlayAsync("S: * STATUS Lists/Lemonade (MESSAGES 3 UIDNEXT 4 UIDVALIDITY …)");
        await user.DeliverAsync(Mail);
        await client.PlayAsync("""
            S: * 1 EXISTS
            S: * 1 RECENT
            S: * 1 FETCH (UID 1 BODY[HEADER.FIELDS (from subject)] {39}
            S: From: a@example.com
            S: Subject: hello
            S: 
            S: )
            C: e notify set (selected (MessageNew MessageExpunge FlagChange)) (mailboxes (Lists/Lemonade nothing "Foo*") (MessageNew MessageExpunge FlagChange))
            S: * 1 FETCH (UID 1 FLAGS (\Recent))
            S: e OK NOTIFY completed
            """);
        using var other = await user.LogInAsync("SELECT INBOX");
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Deleted)");
        await client.PlayAsync("S: * 1 FETCH (UID 1 FLAGS (\\Deleted \\Recent))");
        await other.DoAsync("EXPUNGE");
        await client.PlayAsync("S: * 1 EXPUNGE");
        await other.DoAsync("SELECT Lists/Lemonade");
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Seen)");
        await client.PlayAsync("S: * STATUS Lists/Lemonade (UIDVALIDITY … UNSEEN 2)");
        await other.DoAsync("STORE 2 +FLAGS.SILENT (\\Deleted)"); // Nothing that a client without mod-sequences could be told
        await other.DoAsync("EXPUNGE");
        await client.PlayAsync("S: * STATUS Lists/Lemonade (MESSAGES 2 UIDNEXT 4 UIDVALIDITY … UNSEEN 1)");
    }

    [Theory]
    [InlineData("NOTIFY", "BAD")]
    [InlineData("NOTIFY SET", "BAD")]
    [InlineData("NOTIFY SET STATUS", "BAD")]
    [InlineData("NOTIFY NONE x", "BAD")]
    [InlineData("NOTIFY SET ()", "BAD")]
    [InlineData("NOTIFY SET (selected)", "BAD")]
    [InlineData("NOTIFY SET (selected MessageNew)", "BAD")]
    [InlineData("NOTIFY SET (selected (MessageNew))", "BAD")]
    [InlineData("NOTIFY SET (selected (FlagChange))", "BAD")]
    [InlineData("NOTIFY SET (personal (MessageExpunge))", "BAD")]
    [InlineData("NOTIFY SET (personal (MessageExpunge FlagChange))", "BAD")]
    [InlineData("NOTIFY SET (selected (MailboxName))", "BAD")]
    [InlineData("NOTIFY SET (selected NONE) (selected-delayed NONE)", "BAD")]
    [InlineData("NOTIFY SET (personal (MessageNew (UID) MessageExpunge))", "BAD")]
    [InlineData("NOTIFY SET (subtree (MessageNew MessageExpunge))", "BAD")]
    [InlineData("NOTIFY SET (mailboxes () (MessageNew MessageExpunge))", "BAD")]
    [InlineData("NOTIFY SET (shared (MailboxName))", "BAD")]
    [InlineData("NOTIFY SET (personal (MailboxName)", "BAD")]
    [InlineData("NOTIFY SET (selected (MessageNew MessageExpunge AnnotationChange))", "NO [BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange)] ")]
    [InlineData("NOTIFY SET (personal (X-Event))", "NO [BADEVENT (")]
    [InlineData("NOTIFY SET (selected NONE) (inboxes NONE)", "OK")]
    [InlineData("notify set (SELECTED-DELAYED (messagenew (flags) messageexpunge)) (SUBSCRIBED (subscriptionchange mailboxname))", "OK")]
    [InlineData("NOTIFY SET (mailboxes (\"a b\" {1+}\r\nc) (MessageNew MessageExpunge))", "OK")]
    public async Task What_is_taken(string command, string answer)
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        (await client.RunAsync(command))[^1].ShouldStartWith(answer);
    }

    [Fact]
    public async Task Delayed_expunges_wait_for_a_command()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        using var other = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange))");
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Deleted)");
        await client.PlayAsync("S: * 1 FETCH (UID 1 FLAGS (\\Deleted \\Recent))");
        await other.DoAsync("EXPUNGE");
        await other.DoAsync("UID STORE 2 +FLAGS.SILENT (\\Seen)");
        await client.PlayAsync("""
            S: * 2 FETCH (UID 2 FLAGS (\Seen \Recent))
            C: a1 FETCH 3 UID
            S: * 3 FETCH (UID 3)
            S: a1 OK FETCH completed
            C: a2 NOOP
            S: * 1 EXPUNGE
            S: a2 OK NOOP completed
            """);
        await other.DoAsync("UID STORE 3 +FLAGS.SILENT (\\Deleted)");
        await client.PlayAsync("S: * 2 FETCH (UID 3 FLAGS (\\Deleted \\Recent))");
        await client.PlayAsync("""
            C: a3 IDLE
            S: + idling
            """);
        await other.DoAsync("EXPUNGE");
        await client.PlayAsync("""
            S: * 2 EXPUNGE
            C: DONE
            S: a3 OK IDLE completed
            """);
    }

    [Fact]
    public async Task Without_the_selected_mailbox_nothing_is_told_of_it()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        using var other = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("NOTIFY NONE");
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Deleted)");
        await other.DoAsync("EXPUNGE");
        await other.DoAsync("UID STORE 2 +FLAGS.SILENT (\\Seen)");
        await user.DeliverAsync(Mail);
        await client.PlayAsync("""
            C: a1 NOOP
            S: a1 OK NOOP completed
            C: a2 IDLE
            C: DONE
            S: + idling
            S: a2 OK IDLE completed
            C: a3 FETCH 2:3 UID
            S: * 2 FETCH (UID 2)
            S: * 3 FETCH (UID 3)
            S: a3 OK FETCH completed
            C: a4 STORE 3 +FLAGS (\Deleted)
            S: * 3 FETCH (FLAGS (\Deleted \Recent))
            S: a4 OK STORE completed
            C: a5 EXPUNGE
            S: * 1 EXPUNGE
            S: * 2 EXPUNGE
            S: * 2 EXISTS
            S: * 2 RECENT
            S: a5 OK EXPUNGE completed
            """);
        await other.DoAsync("NOOP");
        await other.DoAsync("UID STORE 4 +FLAGS.SILENT (\\Flagged)");
        await client.PlayAsync("""
            C: a6 NOOP
            S: a6 OK NOOP completed
            C: a7 NOTIFY SET (selected (MessageNew MessageExpunge FlagChange))
            S: * 1 FETCH (UID 2 FLAGS (\Seen \Recent))
            S: * 2 FETCH (UID 4 FLAGS (\Flagged \Recent))
            S: a7 OK NOTIFY completed
            """);
    }

    [Fact]
    public async Task Mod_sequences_and_vanished_messages()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail);
        using var client = await user.LogInAsync("ENABLE QRESYNC");
        await client.DoAsync("SELECT INBOX");
        await client.DoAsync("NOTIFY SET (selected (MessageNew (FLAGS) MessageExpunge FlagChange)) (mailboxes Trash (MessageNew MessageExpunge FlagChange))");
        using var other = await user.LogInAsync("SELECT INBOX");
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Deleted)");
        await client.PlayAsync("S: * 1 FETCH (UID 1 FLAGS (\\Deleted \\Recent) MODSEQ (4))");
        await other.DoAsync("EXPUNGE");
        await client.PlayAsync("""
            S: * VANISHED 1
            S: * OK [HIGHESTMODSEQ 5] Highest
            """);
        await user.DeliverAsync(Mail);
        await client.PlayAsync("""
            S: * 2 EXISTS
            S: * 2 RECENT
            S: * 2 FETCH (UID 3 FLAGS (\Recent) MODSEQ (6))
            """);
        await user.DeliverToAsync("Trash", Mail);
        await client.PlayAsync("S: * STATUS Trash (MESSAGES 1 UIDNEXT 2 UIDVALIDITY … UNSEEN 1 HIGHESTMODSEQ 2)");
        await other.DoAsync("SELECT Trash");
        await other.DoAsync("STORE 1 +FLAGS.SILENT (\\Flagged)");
        await client.PlayAsync("S: * STATUS Trash (UIDVALIDITY … HIGHESTMODSEQ 3)");

        // What the client adds by itself is not fetched for it
        await client.PlayAsync("""
            C: a1 APPEND INBOX {8+}
            C: S: x
            C: 
            C: 
            S: * 3 EXISTS
            S: * 3 RECENT
            S: a1 OK [APPENDUID … 4] APPEND completed
            C: a2 NOOP
            S: a2 OK NOOP completed
            """);
    }

    [Fact]
    public async Task Names_and_subscriptions()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("CREATE old/child");
        await client.DoAsync("NOTIFY SET (personal (MailboxName SubscriptionChange MessageNew MessageExpunge))");
        using var other = await user.LogInAsync();
        await other.DoAsync("CREATE new");
        await client.PlayAsync("S: * LIST (\\HasNoChildren) \"/\" new");
        await other.DoAsync("SUBSCRIBE new");
        await client.PlayAsync("S: * LIST (\\HasNoChildren \\Subscribed) \"/\" new");
        await user.DeliverToAsync("new", Mail);
        await client.PlayAsync("S: * STATUS new (MESSAGES 1 UIDNEXT 2 UIDVALIDITY …)");
        await other.DoAsync("UNSUBSCRIBE new");
        await client.PlayAsync("S: * LIST (\\HasNoChildren) \"/\" new");
        await other.DoAsync("CREATE new/below");
        await client.PlayAsync("""
            S: * LIST (\HasNoChildren) "/" new/below
            S: * LIST (\HasChildren) "/" new
            """);
        await other.DoAsync("RENAME old older");
        await client.PlayAsync("S: * LIST (\\HasChildren) \"/\" older (\"OLDNAME\" (old))");
        await other.DoAsync("DELETE new/below");
        await client.PlayAsync("""
            S: * LIST (\NonExistent) "/" new/below
            S: * LIST (\HasNoChildren) "/" new
            """);
        await other.DoAsync("DELETE new");
        await client.PlayAsync("S: * LIST (\\NonExistent) \"/\" new");
        await other.DoAsync("CREATE new");
        await client.PlayAsync("S: * LIST (\\HasNoChildren) \"/\" new");

        // The client's own changes are not news to it
        await client.PlayAsync("""
            C: a1 CREATE mine/one
            S: a1 OK [MAILBOXID (…)] CREATE completed
            C: a2 SUBSCRIBE mine
            S: a2 OK SUBSCRIBE completed
            C: a3 RENAME mine/one mine/two
            S: a3 OK RENAME completed
            C: a4 DELETE mine/two
            S: a4 OK DELETE completed
            C: a5 APPEND mine {8+}
            C: S: x
            C: 
            C: 
            S: a5 OK [APPENDUID … 1] APPEND completed
            C: a6 SELECT mine
            S: * FLAGS …
            S: * OK [PERMANENTFLAGS …
            S: * 1 EXISTS
            S: * 1 RECENT
            S: * OK [UNSEEN 1] …
            S: * OK [UIDVALIDITY …
            S: * OK [UIDNEXT …
            S: * OK [HIGHESTMODSEQ …
            S: * OK [MAILBOXID (…)] Stays through RENAME
            S: a6 OK [READ-WRITE] SELECT completed
            C: a7 COPY 1 new
            S: a7 OK [COPYUID … 1 1] COPY completed
            C: a8 NOOP
            S: a8 OK NOOP completed
            """);
        await user.DeliverToAsync("new", Mail);
        await client.PlayAsync("S: * STATUS new (MESSAGES 2 UIDNEXT 3 UIDVALIDITY …)");
    }

    /// <summary>RFC 5465 section 5.4 and RFC 9051 section 6.3.6: the new mailbox was INBOX, and of INBOX, which is there as before, no name is told.</summary>
    [Fact]
    public async Task A_renamed_inbox()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail);
        using var client = await user.LogInAsync("CREATE INBOX/bar");
        await client.DoAsync("NOTIFY SET (personal (MailboxName MessageNew MessageExpunge))");
        using var onlyInbox = await user.LogInAsync("NOTIFY SET (mailboxes INBOX (MailboxName))");
        using var selected = await user.LogInAsync("SELECT INBOX");
        using var other = await user.LogInAsync();
        await other.PlayAsync("""
            C: Z433 RENAME INBOX old-mail
            S: Z433 OK RENAME completed
            C: Z434 LIST "" (INBOX* old-mail)
            S: * LIST (\HasChildren) "/" INBOX
            S: * LIST (\HasNoChildren) "/" INBOX/bar
            S: * LIST (\HasNoChildren) "/" old-mail
            S: Z434 OK LIST completed
            """);
        await client.PlayAsync("S: * LIST (\\HasNoChildren) \"/\" old-mail (\"OLDNAME\" (INBOX))");
        string?[] statuses = [await client.Socket.LineAsync(), await client.Socket.LineAsync()];
        statuses.ShouldContain(static line => line!.StartsWith("* STATUS INBOX (MESSAGES 0 UIDNEXT 3 ", StringComparison.Ordinal));
        statuses.ShouldContain(static line => line!.StartsWith("* STATUS old-mail (MESSAGES 2 UIDNEXT 3 ", StringComparison.Ordinal));
        (await client.DoAsync("NOOP")).ShouldBeEmpty();
        await onlyInbox.PlayAsync("S: * LIST (\\HasNoChildren) \"/\" old-mail (\"OLDNAME\" (INBOX))");
        (await onlyInbox.DoAsync("NOOP")).ShouldBeEmpty();
        (await selected.DoAsync("NOOP")).ShouldBe(["* 1 EXPUNGE", "* 1 EXPUNGE"]);

        // What was INBOX once is renamed like any other, and a level above a new name is a new mailbox
        await other.DoAsync("RENAME old-mail older");
        await client.PlayAsync("S: * LIST (\\HasNoChildren) \"/\" older (\"OLDNAME\" (old-mail))");
        await other.DoAsync("RENAME INBOX INBOX/foo/bar");
        await client.PlayAsync("""
            S: * LIST (\HasChildren) "/" INBOX/foo
            S: * LIST (\HasChildren \Subscribed) "/" INBOX
            S: * LIST (\HasNoChildren) "/" INBOX/foo/bar ("OLDNAME" (INBOX))
            """);
        (await client.DoAsync("NOOP")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Groups_are_evaluated_anew_when_the_list_changes()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("CREATE a");
        await client.DoAsync("CREATE b");
        await client.DoAsync("NOTIFY SET (subscribed (MessageNew MessageExpunge)) (mailboxes b (MailboxName))");
        using var other = await user.LogInAsync("SUBSCRIBE a");
        await other.DoAsync("RENAME b c");
        await client.PlayAsync("S: * LIST (\\HasNoChildren) \"/\" c (\"OLDNAME\" (b))");
        await user.DeliverToAsync("c", Mail);
        await user.DeliverToAsync("a", Mail);
        await client.PlayAsync("S: * STATUS a (MESSAGES 1 UIDNEXT 2 UIDVALIDITY …)");
        await other.DoAsync("UNSUBSCRIBE a");
        await other.DoAsync("RENAME c b");
        await client.PlayAsync("S: * LIST (\\HasNoChildren) \"/\" b (\"OLDNAME\" (c))");
        await user.DeliverToAsync("a", Mail);
        await client.PlayAsync("""
            C: a1 NOOP
            S: a1 OK NOOP completed
            """);
    }

    [Fact]
    public async Task Too_many_mailboxes()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("CREATE m/1");
        using var other = await user.LogInAsync();
        var before = fixture.Options.MaxNotifyMailboxes;
        fixture.Options.MaxNotifyMailboxes = 2;
        try
        {
            (await client.RunAsync("NOTIFY SET (personal (MessageNew MessageExpunge))"))[^1].ShouldStartWith("NO [NOTIFICATIONOVERFLOW] ");
            await client.DoAsync("NOTIFY SET (subtree m (MessageNew MessageExpunge))");
            await other.DoAsync("CREATE m/2");
            await client.PlayAsync("S: * OK [NOTIFICATIONOVERFLOW] …");
            await user.DeliverToAsync("m/1", Mail);
            await client.PlayAsync("""
                C: a1 NOOP
                S: a1 OK NOOP completed
                """);
            fixture.Options.MaxNotifyNames = 1;
            (await client.RunAsync("NOTIFY SET (mailboxes INBOX (MessageNew MessageExpunge))"))[^1].ShouldStartWith("NO [NOTIFICATIONOVERFLOW] ");
        }
        finally
        {
            fixture.Options.MaxNotifyMailboxes = before;
            fixture.Options.MaxNotifyNames = 500;
        }
    }

    [Fact]
    public async Task Annotations()
    {
        var (user, stranger) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var client = await user.LogInAsync($"SETACL INBOX {stranger.Address} lrw");
        await client.DoAsync($"SETACL Archive {stranger.Address} lrw");
        await client.DoAsync("NOTIFY SET (mailboxes INBOX (MailboxMetadataChange)) (personal (ServerMetadataChange))");
        using var other = await user.LogInAsync();
        using var foreign = await stranger.LogInAsync();
        await foreign.DoAsync($"SETMETADATA \"Other Users/{user.Address}/INBOX\" (/private/comment \"theirs\")");
        await foreign.DoAsync($"SETMETADATA \"Other Users/{user.Address}/Archive\" (/shared/comment \"not asked for\")");
        await foreign.DoAsync("SETMETADATA \"\" (/private/comment \"theirs\")");
        await foreign.DoAsync($"SETMETADATA \"Other Users/{user.Address}/INBOX\" (/shared/comment \"1\" \"/shared/a b\" \"2\")");
        await client.PlayAsync("S: * METADATA INBOX /shared/comment \"/shared/a b\"");
        await other.DoAsync("SETMETADATA INBOX (/private/comment \"3\")");
        await client.PlayAsync("S: * METADATA INBOX /private/comment");
        await other.DoAsync("SETMETADATA \"\" (/private/comment NIL)");
        await client.PlayAsync("S: * METADATA \"\" /private/comment");

        // One's own are no news, and what a later NOTIFY does not ask for is none either, even after ENABLE
        await client.PlayAsync("""
            C: a1 SETMETADATA INBOX (/private/comment "mine")
            S: a1 OK SETMETADATA completed
            C: a2 ENABLE METADATA
            S: * ENABLED METADATA
            S: a2 OK ENABLE completed
            C: a3 NOTIFY SET (selected NONE)
            S: a3 OK NOTIFY completed
            """);
        await other.DoAsync("SETMETADATA INBOX (/private/comment \"4\")");
        await client.PlayAsync("""
            C: a4 NOOP
            S: a4 OK NOOP completed
            C: a5 NOTIFY SET (subtree INBOX (MailboxMetadataChange))
            S: a5 OK NOTIFY completed
            C: a6 IDLE
            S: + idling
            """);
        await other.DoAsync("SETMETADATA INBOX (/private/comment \"5\")");
        await client.PlayAsync("""
            S: * METADATA INBOX /private/comment
            C: DONE
            S: a6 OK IDLE completed
            """);
    }

    [Fact]
    public async Task A_special_use_is_an_annotation_whose_change_is_told()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("NOTIFY SET (personal (MailboxMetadataChange))");
        using var enabled = await user.LogInAsync("ENABLE METADATA");
        using var other = await user.LogInAsync();
        await other.DoAsync("SETMETADATA Junk (/private/specialuse NIL)");
        await client.PlayAsync("S: * METADATA Junk /private/specialuse");
        (await enabled.DoAsync("NOOP")).ShouldBe(["* METADATA Junk /private/specialuse"]);
        (await other.DoAsync("NOOP")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Too_many_annotations()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("NOTIFY SET (personal (MailboxMetadataChange))");
        await client.PlayAsync("""
            C: a1 APPEND INBOX {8}
            S: + …
            """);
        var inbox = await Sora.Testing.MailstoreNode.IdAsync(user.Account, "INBOX");
        var entries = Enumerable.Range(0, 1001).Select(static n => new MetadataEntry($"/shared/e{n}", null)).ToList();
        var written = await fixture.Node.Metadata.WriteAsync(new MetadataWrite(user.Account.Id, inbox, entries, OperationId.New()), CancellationToken.None);
        written.Value.Outcome.ShouldBe(MetadataOutcome.Done);
        await client.PlayAsync("""
            C: S: x
            C: 
            C: 
            S: * OK [NOTIFICATIONOVERFLOW] …
            S: a1 OK [APPENDUID …] APPEND completed
            C: a2 NOOP
            S: a2 OK NOOP completed
            """);
    }

    [Fact]
    public async Task Annotations_that_another_process_has_changed()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("NOTIFY SET (personal (MailboxMetadataChange ServerMetadataChange))");
        await using var node = await Sora.Testing.MailstoreNode.StartAsync(fixture.Node.Address);
        var inbox = await Sora.Testing.MailstoreNode.IdAsync(user.Account, "INBOX");
        await node.Metadata.WriteAsync(new MetadataWrite(user.Account.Id, inbox, [new MetadataEntry("/private/Some note", null)], OperationId.New()), CancellationToken.None);
        await client.PlayAsync("S: * METADATA INBOX \"/private/Some note\"");
        await node.Metadata.WriteAsync(new MetadataWrite(user.Account.Id, default, [new MetadataEntry("/private/comment", [1])], OperationId.New()), CancellationToken.None);
        await client.PlayAsync("S: * METADATA \"\" /private/comment");
    }

    [Fact]
    public async Task Rights_that_come_and_go()
    {
        var (owner, user) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var theirs = await owner.LogInAsync("CREATE Work");
        await theirs.DoAsync($"SETACL INBOX {user.Address} l");
        await theirs.DoAsync($"SETACL Work {user.Address} lr");
        await theirs.DoAsync($"SETACL Archive {user.Address} r");
        var home = $"Other Users/{owner.Address}";
        using var names = await user.LogInAsync($"NOTIFY SET (subtree \"{home}\" (MailboxName))");
        using var client = await user.LogInAsync();
        await client.PlayAsync($"""
            C: a1 NOTIFY SET STATUS (mailboxes ("{home}/INBOX" "{home}/Work" "{home}/Archive" "{home}/None") (MessageNew MessageExpunge))
            S: * LIST (\NoAccess \HasNoChildren) "/" "{home}/INBOX"
            S: * STATUS "{home}/Work" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY …)
            S: a1 OK NOTIFY completed
            """);
        await theirs.DoAsync($"SETACL INBOX {user.Address} +r");
        await client.PlayAsync($"S: * LIST (\\HasNoChildren) \"/\" \"{home}/INBOX\"");
        await owner.DeliverAsync(Mail);
        await client.PlayAsync($"S: * STATUS \"{home}/INBOX\" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY …)");
        await theirs.DoAsync($"SETACL Work {user.Address} \"\"");
        await client.PlayAsync($"S: * LIST (\\NoAccess) \"/\" \"{home}/Work\"");
        await names.PlayAsync($"""
            S: * LIST (\NonExistent) "/" "{home}/Work"
            S: * LIST (\NonExistent \HasChildren) "/" "{home}"
            """);
        await owner.DeliverToAsync("Work", Mail);
        await theirs.DoAsync($"SETACL Work {user.Address} lr");
        await client.PlayAsync($"""
            S: * LIST (\HasNoChildren) "/" "{home}/Work"
            S: * STATUS "{home}/Work" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY …)
            """);
        await names.PlayAsync($"""
            S: * LIST (\HasNoChildren) "/" "{home}/Work"
            S: * LIST (\NonExistent \HasChildren) "/" "{home}"
            """);
        await theirs.DoAsync("DELETE Work");
        await owner.DeliverAsync(Mail);
        await client.PlayAsync($"S: * STATUS \"{home}/INBOX\" (MESSAGES 2 UIDNEXT 3 UIDVALIDITY …)");
    }

    [Fact]
    public async Task A_mailbox_that_is_shared_with_anyone_is_renamed()
    {
        var (owner, user) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var theirs = await owner.LogInAsync("CREATE Work");
        await theirs.DoAsync("SETACL Work anyone lr");
        var home = $"Other Users/{owner.Address}";
        using var client = await user.LogInAsync($"NOTIFY SET (subtree \"{home}\" (MailboxName MessageNew MessageExpunge))");
        await theirs.DoAsync("RENAME Work Play");
        await client.PlayAsync($"S: * LIST (\\HasNoChildren) \"/\" \"{home}/Play\" (\"OLDNAME\" (\"{home}/Work\"))");
        await owner.DeliverToAsync("Play", Mail);
        await client.PlayAsync($"S: * STATUS \"{home}/Play\" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY …)");
    }

    [Fact]
    public async Task Changes_of_another_process_are_heard_for_mailboxes_that_nobody_has_open()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("CREATE far");
        await client.DoAsync("NOTIFY SET (personal (MessageNew MessageExpunge MailboxName))");
        var id = await Sora.Testing.MailstoreNode.IdAsync(user.Account, "far");
        await using var node = await Sora.Testing.MailstoreNode.StartAsync(fixture.Node.Address);
        var account = node.Accounts.Get(user.Account.Id);
        await account.CreateAsync(MailboxName.Parse("farther").Value, SpecialUse.None, CancellationToken.None);
        await client.PlayAsync("S: * LIST (\\HasNoChildren) \"/\" farther");
        await user.DeliverAsync(Mail);
        await client.PlayAsync("S: * STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY …)");
        var inbox = await Sora.Testing.MailstoreNode.IdAsync(user.Account, "INBOX");
        (await node.Mailboxes.Get(inbox).CopyAsync(new CopyRequest(OperationId.New(), UidSet.All, id, Move: false), CancellationToken.None)).IsOk.ShouldBeTrue();
        await client.PlayAsync("S: * STATUS far (MESSAGES 1 UIDNEXT 2 UIDVALIDITY …)");
    }
}
