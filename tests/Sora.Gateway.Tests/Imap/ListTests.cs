namespace Sora.Gateway.Tests.Imap;

[Collection("imap")]
public sealed class ListTests(ImapFixture fixture)
{
    [Fact]
    public async Task Plain_list_and_lsub()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("CREATE a/b/c");
        await client.DoAsync("SUBSCRIBE a/b");
        await client.DoAsync("SUBSCRIBE gone/child");
        await client.PlayAsync("""
            C: a1 LIST "" ""
            S: * LIST (\Noselect) "/" ""
            S: a1 OK LIST completed
            C: a2 LIST "" %
            S: * LIST (\HasNoChildren) "/" INBOX
            S: * LIST (\HasNoChildren \Archive) "/" Archive
            S: * LIST (\HasNoChildren \Drafts) "/" Drafts
            S: * LIST (\HasNoChildren \Junk) "/" Junk
            S: * LIST (\HasNoChildren \Sent) "/" Sent
            S: * LIST (\HasNoChildren \Trash) "/" Trash
            S: * LIST (\HasChildren) "/" a
            S: a2 OK LIST completed
            C: a3 LIST a/ %
            S: * LIST (\HasChildren) "/" a/b
            S: a3 OK LIST completed
            C: a4 LIST "" a*
            S: * LIST (\HasChildren) "/" a
            S: * LIST (\HasChildren) "/" a/b
            S: * LIST (\HasNoChildren) "/" a/b/c
            S: a4 OK LIST completed
            C: a5 LIST "" inbox
            S: * LIST (\HasNoChildren) "/" INBOX
            S: a5 OK LIST completed
            C: a6 LSUB "" a/%
            S: * LSUB () "/" a/b
            S: a6 OK LSUB completed
            C: a7 LSUB "" gone/*
            S: * LSUB (\Noselect) "/" gone/child
            S: a7 OK LSUB completed
            C: a8 UNSUBSCRIBE gone/child
            S: a8 OK UNSUBSCRIBE completed
            C: a9 LSUB "" a%
            S: * LSUB (\Noselect) "/" a
            S: a9 OK LSUB completed
            """);
    }

    [Fact]
    public async Task Extended_list()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("CREATE a/b/c");
        await client.DoAsync("SUBSCRIBE a/b");
        await client.DoAsync("SUBSCRIBE gone/child");
        await client.PlayAsync("""
            C: a1 LIST (SUBSCRIBED) "" (a* g*)
            S: * LIST (\HasChildren \Subscribed) "/" a/b
            S: * LIST (\NonExistent \HasNoChildren \Subscribed) "/" gone/child
            S: a1 OK LIST completed
            C: a2 LIST (SUBSCRIBED RECURSIVEMATCH) "" (a% gone)
            S: * LIST (\HasChildren) "/" a ("CHILDINFO" ("SUBSCRIBED"))
            S: * LIST (\NonExistent \HasNoChildren) "/" gone ("CHILDINFO" ("SUBSCRIBED"))
            S: a2 OK LIST completed
            C: a3 LIST (SPECIAL-USE) "" * RETURN (SPECIAL-USE)
            S: * LIST (\HasNoChildren \Archive) "/" Archive
            S: * LIST (\HasNoChildren \Drafts) "/" Drafts
            S: * LIST (\HasNoChildren \Junk) "/" Junk
            S: * LIST (\HasNoChildren \Sent) "/" Sent
            S: * LIST (\HasNoChildren \Trash) "/" Trash
            S: a3 OK LIST completed
            C: a4 LIST "" (a INBOX) RETURN (SUBSCRIBED CHILDREN STATUS (MESSAGES UNSEEN))
            S: * LIST (\HasNoChildren …) "/" INBOX
            S: * STATUS INBOX (MESSAGES 0 UNSEEN 0)
            S: * LIST (\HasChildren) "/" a
            S: * STATUS a (MESSAGES 0 UNSEEN 0)
            S: a4 OK LIST completed
            C: a5 LIST (RECURSIVEMATCH) "" *
            S: a5 BAD …
            C: a6 LIST (REMOTE) "" a
            S: * LIST (\HasChildren) "/" a
            S: a6 OK LIST completed
            C: a7 LIST () "" a RETURN ()
            S: * LIST (\HasChildren) "/" a
            S: a7 OK LIST completed
            """);
    }

    [Fact]
    public async Task Mailboxes_are_made_renamed_and_deleted()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: a1 CREATE "&Jjo-!"
            S: a1 OK [MAILBOXID (F…)] CREATE completed
            C: a2 LIST "" "&Jjo-%"
            S: * LIST (\HasNoChildren) "/" &Jjo-!
            S: a2 OK LIST completed
            C: a3 CREATE "bad&name"
            S: a3 NO [CANNOT] …
            C: a4 CREATE x/
            S: a4 OK [MAILBOXID (F…)] CREATE completed
            C: a5 CREATE X
            S: a5 OK [MAILBOXID (F…)] CREATE completed
            C: a6 CREATE x
            S: a6 NO [ALREADYEXISTS] …
            C: a7 CREATE mine (USE (\Important))
            S: a7 OK [MAILBOXID (F…)] CREATE completed
            C: a8 CREATE other (USE (\Nonsense))
            S: a8 NO [USEATTR] …
            C: a9 RENAME x y/z
            S: a9 OK RENAME completed
            C: b1 DELETE y
            S: b1 NO [HASCHILDREN] …
            C: b2 DELETE y/z
            S: b2 OK DELETE completed
            C: b3 DELETE y/z
            S: b3 NO [NONEXISTENT] …
            C: b4 DELETE inbox
            S: b4 NO [CANNOT] …
            C: b5 ENABLE IMAP4rev2
            S: * ENABLED IMAP4rev2
            S: b5 OK ENABLE completed
            """);
        await client.PlayAsync("C: b6 LIST \"\" \"\u00e2\u0098\u00ba!\"\nS: * LIST (\\HasNoChildren) \"/\" \"\u00e2\u0098\u00ba!\"\nS: b6 OK LIST completed");
        await client.PlayAsync("""
            C: b7 SELECT INBOX
            S: * FLAGS …
            S: * OK [PERMANENTFLAGS …
            S: * 0 EXISTS
            S: * OK [UIDVALIDITY …
            S: * OK [UIDNEXT 1] …
            S: * OK [HIGHESTMODSEQ …
            S: * OK [MAILBOXID (F…)] …
            S: * LIST (\HasNoChildren) "/" INBOX
            S: b7 OK [READ-WRITE] SELECT completed
            """);
    }

    [Fact]
    public async Task Renaming_inbox_moves_its_messages()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: a\n\nb\n", "Subject: b\n\nb\n");
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: a1 RENAME INBOX old
            S: a1 OK RENAME completed
            C: a2 STATUS old (MESSAGES)
            S: * STATUS old (MESSAGES 2)
            S: a2 OK STATUS completed
            C: a3 STATUS INBOX (MESSAGES)
            S: * STATUS INBOX (MESSAGES 0)
            S: a3 OK STATUS completed
            """);

        // It stays selected, and is empty
        await user.DeliverAsync("Subject: c\n\nc\n");
        await client.DoAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: b1 RENAME inbox INBOX/old
            S: * 1 EXPUNGE
            S: b1 OK RENAME completed
            C: b2 FETCH 1 UID
            S: b2 BAD No such message
            C: b3 STATUS INBOX/old (MESSAGES)
            S: * STATUS INBOX/old (MESSAGES 1)
            S: b3 OK STATUS completed
            C: b4 RENAME INBOX old
            S: b4 NO [ALREADYEXISTS] …
            """);
    }
}
