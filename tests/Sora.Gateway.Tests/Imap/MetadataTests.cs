using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

[Collection("imap")]
public sealed class MetadataTests(ImapFixture fixture)
{
    [Fact]
    public async Task Values_are_set_read_replaced_and_removed()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: a1 SETMETADATA INBOX (/private/comment {33}
            S: + …
            C: My new comment across
            C: two lines.)
            S: a1 OK SETMETADATA completed
            C: a2 GETMETADATA "INBOX" /private/comment
            S: * METADATA INBOX (/private/comment {33}
            S: My new comment across
            S: two lines.)
            S: a2 OK GETMETADATA completed
            C: a3 SETMETADATA INBOX (/private/comment "My own comment" /shared/Comment "Its sunny outside!")
            S: a3 OK SETMETADATA completed
            C: a4 GETMETADATA "INBOX" (/shared/comment /PRIVATE/comment /private/none)
            S: * METADATA INBOX (/shared/comment "Its sunny outside!" /PRIVATE/comment "My own comment" /private/none NIL)
            S: a4 OK GETMETADATA completed
            C: a5 SETMETADATA INBOX (/private/comment NIL /shared/comment "")
            S: a5 OK SETMETADATA completed
            C: a6 GETMETADATA "INBOX" /private/comment /shared/comment
            S: * METADATA INBOX (/private/comment NIL /shared/comment "")
            S: a6 OK GETMETADATA completed
            C: a7 GETMETADATA none /private/comment
            S: a7 NO [NONEXISTENT] …
            C: a8 SETMETADATA none (/private/comment "x")
            S: a8 NO [NONEXISTENT] …
            C: a9 SETMETADATA INBOX (/private/b "1" /private/B "2")
            S: a9 OK SETMETADATA completed
            C: b1 GETMETADATA INBOX /private/b
            S: * METADATA INBOX (/private/b "2")
            S: b1 OK GETMETADATA completed
            """);
    }

    [Fact]
    public async Task A_change_gives_the_mailbox_a_higher_mod_sequence()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("ENABLE QRESYNC");
        await client.PlayAsync("""
            C: a1 STATUS Trash (HIGHESTMODSEQ)
            S: * STATUS Trash (HIGHESTMODSEQ 1)
            S: a1 OK STATUS completed
            C: a2 SETMETADATA Trash (/private/comment "x" /shared/comment "y")
            S: a2 OK SETMETADATA completed
            C: a3 STATUS Trash (HIGHESTMODSEQ)
            S: * STATUS Trash (HIGHESTMODSEQ 2)
            S: a3 OK STATUS completed
            C: a4 SETMETADATA none (/private/comment "x")
            S: a4 NO …
            C: a5 SETMETADATA "" (/private/comment "x")
            S: a5 OK SETMETADATA completed
            C: a6 STATUS Trash (HIGHESTMODSEQ)
            S: * STATUS Trash (HIGHESTMODSEQ 2)
            S: a6 OK STATUS completed
            C: a7 SETMETADATA Trash (/private/specialuse NIL)
            S: a7 OK SETMETADATA completed
            C: a8 STATUS Trash (HIGHESTMODSEQ)
            S: * STATUS Trash (HIGHESTMODSEQ 3)
            S: a8 OK STATUS completed
            """);
    }

    [Fact]
    public async Task A_value_may_be_any_bytes()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: a1 SETMETADATA INBOX (/private/bytes ~{4+}
            """);
        await client.Socket.SendAsync([(byte)'a', 0, 13, 255, .. ")\r\n"u8]);
        await client.PlayAsync("""
            S: a1 OK SETMETADATA completed
            C: a2 GETMETADATA INBOX /private/bytes
            S: * METADATA INBOX (/private/bytes ~{4}
            """);
        (await client.Socket.LineAsync()).ShouldBe("a\0\r\u00ff)");
        await client.PlayAsync("S: a2 OK GETMETADATA completed");
    }

    [Fact]
    public async Task Maxsize_leaves_out_what_is_longer_and_says_how_long_it_is()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await client.DoAsync($"SETMETADATA INBOX (/shared/comment \"{new string('x', 2199)}\" /private/comment \"My own comment\" /private/long \"{new string('y', 2000)}\")");
        await client.PlayAsync("""
            C: a1 GETMETADATA "INBOX" (MAXSIZE 1024) (/shared/comment /private/comment /private/long)
            S: * METADATA INBOX (/private/comment "My own comment")
            S: a1 OK [METADATA LONGENTRIES 2199] GETMETADATA completed
            C: a2 GETMETADATA (MAXSIZE 13) "INBOX" (/shared/comment)
            S: a2 OK [METADATA LONGENTRIES 2199] GETMETADATA completed
            C: a3 GETMETADATA (MAXSIZE 14) "INBOX" /private/comment
            S: * METADATA INBOX (/private/comment "My own comment")
            S: a3 OK GETMETADATA completed
            """);
    }

    [Fact]
    public async Task Depth_says_how_far_below()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: s SETMETADATA INBOX (/private/filters/values/small "SMALLER 5000" /private/filters/values/boss "FROM \"boss@example.com\"" /private/filters/valuesx "no" /private/filters/values/a/b "deep")
            S: s OK SETMETADATA completed
            C: a GETMETADATA "INBOX" (DEPTH 1) (/private/filters/values)
            S: * METADATA INBOX (/private/filters/values/boss "FROM \"boss@example.com\"" /private/filters/values/small "SMALLER 5000")
            S: a OK GETMETADATA completed
            C: b GETMETADATA (DEPTH infinity) INBOX /private/filters/values
            S: * METADATA INBOX (/private/filters/values/a/b "deep" /private/filters/values/boss "FROM \"boss@example.com\"" /private/filters/values/small "SMALLER 5000")
            S: b OK GETMETADATA completed
            C: c GETMETADATA (DEPTH 0) INBOX /private/filters/values
            S: * METADATA INBOX (/private/filters/values NIL)
            S: c OK GETMETADATA completed
            C: d GETMETADATA (DEPTH infinity) Drafts /private
            S: * METADATA Drafts (/private/specialuse "\\Drafts")
            S: d OK GETMETADATA completed
            C: e GETMETADATA (DEPTH infinity) INBOX /shared
            S: e OK GETMETADATA completed
            """);
    }

    [Theory]
    [InlineData("SETMETADATA INBOX (/private/vendor/acme/color \"red\")", "OK")]
    [InlineData("SETMETADATA INBOX (/shared/vendor/acme/a/b \"red\")", "OK")]
    [InlineData("SETMETADATA INBOX (/private/vendor/acme \"red\")", "BAD")]
    [InlineData("SETMETADATA INBOX (/shared/Vendor \"red\")", "BAD")]
    [InlineData("SETMETADATA INBOX (/private \"red\")", "BAD")]
    [InlineData("SETMETADATA INBOX (/public/comment \"red\")", "BAD")]
    [InlineData("SETMETADATA INBOX (comment \"red\")", "BAD")]
    [InlineData("SETMETADATA INBOX (/private/a//b \"red\")", "BAD")]
    [InlineData("SETMETADATA INBOX (/private/a/ \"red\")", "BAD")]
    [InlineData("SETMETADATA INBOX (\"/private/a*\" \"red\")", "BAD")]
    [InlineData("SETMETADATA INBOX (/private/a% \"red\")", "BAD")]
    [InlineData("SETMETADATA INBOX (/private/a)", "BAD")]
    [InlineData("SETMETADATA INBOX ()", "BAD")]
    [InlineData("SETMETADATA INBOX /private/a \"red\"", "BAD")]
    [InlineData("SETMETADATA \"*\" (/private/a \"red\")", "NO")]
    [InlineData("GETMETADATA INBOX \"/private/*\"", "BAD")]
    [InlineData("GETMETADATA INBOX /private/%", "BAD")]
    [InlineData("GETMETADATA INBOX ()", "BAD")]
    [InlineData("GETMETADATA INBOX", "BAD")]
    [InlineData("GETMETADATA (DEPTH 2) INBOX /private/a", "BAD")]
    [InlineData("GETMETADATA (DEPTH) INBOX /private/a", "BAD")]
    [InlineData("GETMETADATA (MAXSIZE -1) INBOX /private/a", "BAD")]
    [InlineData("GETMETADATA (MAXSIZE 1 depth INFINITY) INBOX /private/a", "OK")]
    [InlineData("GETMETADATA (X-OPTION 1) INBOX /private/a", "BAD")]
    [InlineData("LIST \"\" INBOX RETURN (METADATA)", "BAD")]
    [InlineData("LIST \"\" INBOX RETURN (METADATA ())", "BAD")]
    [InlineData("LIST \"\" INBOX RETURN (METADATA /private/a)", "BAD")]
    [InlineData("LIST \"\" INBOX RETURN (METADATA (/private/a*))", "BAD")]
    public async Task Entry_names_and_options(string command, string answer)
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        (await client.RunAsync(command))[^1].ShouldStartWith(answer + " ");
    }

    [Theory]
    [InlineData("lr", "GETMETADATA {box} /shared/comment", null)]
    [InlineData("ls", "GETMETADATA {box} /shared/comment", null)]
    [InlineData("lw", "GETMETADATA {box} /shared/comment", null)]
    [InlineData("li", "SETMETADATA {box} (/private/comment \"x\")", null)]
    [InlineData("lp", "SETMETADATA {box} (/private/comment NIL)", null)]
    [InlineData("lw", "SETMETADATA {box} (/shared/comment \"x\")", null)]
    [InlineData("lrsip", "SETMETADATA {box} (/private/comment \"x\" /shared/comment \"x\")", "NOPERM")]
    [InlineData("l", "GETMETADATA {box} /shared/comment", "NOPERM")]
    [InlineData("lkxtea", "SETMETADATA {box} (/private/comment \"x\")", "NOPERM")]
    [InlineData("rswipkxtea", "GETMETADATA {box} /shared/comment", "NONEXISTENT")]
    [InlineData("rswipkxtea", "SETMETADATA {box} (/shared/comment \"x\")", "NONEXISTENT")]
    [InlineData("lr", "SETMETADATA {box} (/private/specialuse \"\\\\Junk\")", "USEATTR")]
    public async Task Rights_to_annotations(string rights, string command, string? code)
    {
        var domain = $"{Guid.NewGuid():n}.example";
        var (owner, user) = (await fixture.UserAsync(domain), await fixture.UserAsync(domain));
        using var theirs = await owner.LogInAsync($"SETACL Archive {user.Address} {rights}");
        using var client = await user.LogInAsync();
        var line = (await client.RunAsync(command.Replace("{box}", $"\"Other Users/{owner.Address}/Archive\"", StringComparison.Ordinal)))[^1];
        line.ShouldStartWith(code is null ? "OK" : $"NO [{code}]");
    }

    [Fact]
    public async Task List_tells_annotations_of_what_the_user_may_see()
    {
        var domain = $"{Guid.NewGuid():n}.example";
        var (owner, user) = (await fixture.UserAsync(domain), await fixture.UserAsync(domain));
        using var theirs = await owner.LogInAsync("SETMETADATA Archive (/shared/comment \"old\" /private/comment \"not yours\")");
        await theirs.DoAsync("SETMETADATA Sent (/shared/comment \"sent\")");
        await theirs.DoAsync($"SETACL Archive {user.Address} lr");
        await theirs.DoAsync($"SETACL Sent {user.Address} l");
        var home = $"Other Users/{owner.Address}";
        using var client = await user.LogInAsync($"SETMETADATA \"{home}/Archive\" (/private/comment \"mine\")");
        await client.PlayAsync($"""
            C: a1 LIST "" "{home}/*" RETURN (METADATA (/shared/comment /private/comment) MYRIGHTS)
            S: * LIST (\HasNoChildren) "/" "{home}/Archive"
            S: * MYRIGHTS "{home}/Archive" lr
            S: * METADATA "{home}/Archive" (/shared/comment "old" /private/comment "mine")
            S: * LIST (\HasNoChildren) "/" "{home}/Sent"
            S: * MYRIGHTS "{home}/Sent" l
            S: a1 OK LIST completed
            """);
    }

    [Fact]
    public async Task Annotations_follow_the_mailbox_and_end_with_it()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: a1 SETMETADATA Archive (/shared/comment "old mail")
            S: a1 OK SETMETADATA completed
            C: a2 RENAME Archive Attic
            S: a2 OK RENAME completed
            C: a3 GETMETADATA Attic /shared/comment
            S: * METADATA Attic (/shared/comment "old mail")
            S: a3 OK GETMETADATA completed
            C: a4 DELETE Attic
            S: a4 OK DELETE completed
            C: a5 CREATE Attic
            S: a5 OK [MAILBOXID …] CREATE completed
            C: a6 GETMETADATA Attic /shared/comment
            S: * METADATA Attic (/shared/comment NIL)
            S: a6 OK GETMETADATA completed
            C: a7 SETMETADATA INBOX (/shared/comment "in")
            S: a7 OK SETMETADATA completed
            C: a8 RENAME INBOX saved
            S: a8 OK RENAME completed
            C: a9 GETMETADATA INBOX /shared/comment
            S: * METADATA INBOX (/shared/comment "in")
            S: a9 OK GETMETADATA completed
            C: b1 GETMETADATA saved /shared/comment
            S: * METADATA saved (/shared/comment "in")
            S: b1 OK GETMETADATA completed
            """);
    }

    [Fact]
    public async Task Limits_refuse_the_whole_command()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await client.PlayAsync($$"""
            C: a1 SETMETADATA INBOX (/private/a "kept out" /private/b {32769+}
            C: {{new string('x', 32769)}})
            S: a1 NO [METADATA MAXSIZE 32768] …
            C: a2 GETMETADATA INBOX /private/a
            S: * METADATA INBOX (/private/a NIL)
            S: a2 OK GETMETADATA completed
            """);
        var ten = string.Join(' ', Enumerable.Range(0, 10).Select(i => $"/private/e{i} \"{i}\""));
        await client.PlayAsync($"""
            C: b1 SETMETADATA INBOX ({ten})
            S: b1 OK SETMETADATA completed
            C: b2 SETMETADATA INBOX (/private/comment "My new comment" /private/e0 "changed")
            S: b2 NO [METADATA TOOMANY] …
            C: b3 SETMETADATA INBOX (/private/comment "My new comment" /private/e0 NIL)
            S: b3 OK SETMETADATA completed
            C: b4 SETMETADATA INBOX (/private/e1 "changed")
            S: b4 OK SETMETADATA completed
            C: b5 SETMETADATA Sent (/private/e0 "another mailbox")
            S: b5 OK SETMETADATA completed
            """);
    }

    [Fact]
    public async Task The_server_has_annotations_of_its_own()
    {
        var user = await fixture.UserAsync();
        var other = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        using var stranger = await other.LogInAsync();
        await client.PlayAsync("""
            C: a1 GETMETADATA "" (/shared/admin /private/comment)
            S: * METADATA "" (/shared/admin "mailto:postmaster@example.com" /private/comment NIL)
            S: a1 OK GETMETADATA completed
            C: a2 SETMETADATA "" (/shared/comment "hello")
            S: a2 NO [NOPERM] …
            C: a3 SETMETADATA "" (/shared/ADMIN "mailto:me@example.com")
            S: a3 NO [NOPERM] …
            C: a4 SETMETADATA "" (/private/comment "my server")
            S: a4 OK SETMETADATA completed
            C: a5 GETMETADATA "" /private/comment
            S: * METADATA "" (/private/comment "my server")
            S: a5 OK GETMETADATA completed
            """);
        using var admin = await fixture.AdministratorAsync();
        await admin.DoAsync("SETMETADATA \"\" (/shared/comment \"Shared comment\")");
        await stranger.PlayAsync("""
            C: b1 GETMETADATA "" (/shared/comment /private/comment)
            S: * METADATA "" (/shared/comment "Shared comment" /private/comment NIL)
            S: b1 OK GETMETADATA completed
            """);
    }

    [Fact]
    public async Task The_special_use_is_an_annotation()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("CREATE SavedDrafts");
        await client.PlayAsync("""
            C: t2 GETMETADATA "Drafts" /private/specialuse
            S: * METADATA Drafts (/private/specialuse "\\Drafts")
            S: t2 OK GETMETADATA completed
            C: t3 SETMETADATA "SavedDrafts" (/private/specialuse "\\Drafts" /private/comment "x")
            S: t3 NO [USEATTR] …
            C: t4 SETMETADATA "Drafts" (/private/specialuse NIL)
            S: t4 OK SETMETADATA completed
            C: t5 SETMETADATA "SavedDrafts" (/private/specialuse "\\Drafts")
            S: t5 OK SETMETADATA completed
            C: t6 SETMETADATA "SavedDrafts" (/private/specialuse "\\Drafts \\Sent")
            S: t6 NO [USEATTR] …
            C: t7 SETMETADATA "SavedDrafts" (/private/specialuse "\\Nonsense")
            S: t7 NO [USEATTR] …
            C: t8 LIST (SPECIAL-USE) "" "*Drafts"
            S: * LIST (\HasNoChildren \Drafts) "/" SavedDrafts
            S: t8 OK LIST completed
            C: t9 GETMETADATA "SavedDrafts" (/private/specialuse /private/comment)
            S: * METADATA SavedDrafts (/private/specialuse "\\Drafts" /private/comment NIL)
            S: t9 OK GETMETADATA completed
            """);
    }

    /// <summary>RFC 5464 section 4.3: when one entry cannot be set, none is, the special use included.</summary>
    [Fact]
    public async Task The_special_use_is_set_with_the_other_entries_or_not_at_all()
    {
        var user = await fixture.UserAsync();
        var nine = string.Join(' ', Enumerable.Range(0, 9).Select(i => $"/private/e{i} \"{i}\""));
        using var client = await user.LogInAsync("ENABLE CONDSTORE");
        await client.PlayAsync($$"""
            C: a0 SETMETADATA Archive ({{nine}})
            S: a0 OK SETMETADATA completed
            C: a1 SETMETADATA Archive (/private/specialuse NIL /private/a "1" /private/b "2")
            S: a1 NO [METADATA TOOMANY] …
            C: a2 SETMETADATA Archive (/private/specialuse NIL /private/a {40000+}
            C: {{new string('x', 40000)}})
            S: a2 NO [METADATA MAXSIZE 32768] …
            C: a3 SETMETADATA Archive (/private/a "1" /private/specialuse "\\Sent")
            S: a3 NO [USEATTR] …
            C: a4 LIST "" Archive RETURN (STATUS (HIGHESTMODSEQ) METADATA (/private/a))
            S: * LIST (\HasNoChildren \Archive) "/" Archive
            S: * STATUS Archive (HIGHESTMODSEQ 2)
            S: * METADATA Archive (/private/a NIL)
            S: a4 OK LIST completed
            C: a5 SETMETADATA Archive (/private/specialuse "\\Flagged" /private/a "1")
            S: a5 OK SETMETADATA completed
            C: a6 LIST "" Archive RETURN (STATUS (HIGHESTMODSEQ) METADATA (/private/a))
            S: * LIST (\HasNoChildren \Flagged) "/" Archive
            S: * STATUS Archive (HIGHESTMODSEQ 3)
            S: * METADATA Archive (/private/a "1")
            S: a6 OK LIST completed
            """);
    }

    [Fact]
    public async Task Changes_by_others_are_told_after_enable_and_own_ones_are_not()
    {
        var user = await fixture.UserAsync();
        var stranger = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        using var other = await user.LogInAsync();
        using var silent = await user.LogInAsync();
        using var foreign = await stranger.LogInAsync("ENABLE METADATA");
        await client.PlayAsync("""
            C: a1 ENABLE METADATA-SERVER
            S: * ENABLED METADATA-SERVER
            S: a1 OK ENABLE completed
            C: a2 ENABLE METADATA
            S: * ENABLED METADATA
            S: a2 OK ENABLE completed
            C: a3 SETMETADATA INBOX (/private/comment "mine")
            S: a3 OK SETMETADATA completed
            """);
        await other.DoAsync("SETMETADATA INBOX (/shared/comment \"1\" /private/comment \"2\")");
        await other.DoAsync("SETMETADATA \"\" (/private/comment \"3\")");
        await client.PlayAsync("""
            C: a4 NOOP
            S: * METADATA INBOX /shared/comment /private/comment
            S: * METADATA "" /private/comment
            S: a4 OK NOOP completed
            C: a5 IDLE
            S: + idling
            """);
        await other.DoAsync("SETMETADATA Archive (/shared/comment NIL)");
        await client.PlayAsync("""
            S: * METADATA Archive /shared/comment
            C: DONE
            S: a5 OK IDLE completed
            """);
        (await silent.DoAsync("NOOP")).ShouldBeEmpty();
        (await foreign.DoAsync("NOOP")).ShouldBeEmpty();
        (await other.DoAsync("NOOP")).ShouldBeEmpty();
    }

    [Fact]
    public async Task List_tells_them_too()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/vendor/cmu/cyrus-imapd/color \"#b71c1c\")");
        await client.DoAsync("CREATE foo/bar");
        await client.DoAsync("SUBSCRIBE foo/gone");
        await client.PlayAsync("""
            C: A01 LIST (SUBSCRIBED) "" (INBOX foo/%) RETURN (METADATA ("/shared/vendor/cmu/cyrus-imapd/color"))
            S: * LIST (\HasNoChildren \Subscribed) "/" INBOX
            S: * METADATA INBOX (/shared/vendor/cmu/cyrus-imapd/color "#b71c1c")
            S: * LIST (\NonExistent \HasNoChildren \Subscribed) "/" foo/gone
            S: A01 OK LIST completed
            C: A02 LIST "" (foo Drafts) RETURN (METADATA (/shared/vendor/cmu/cyrus-imapd/color /private/specialuse) STATUS (MESSAGES))
            S: * LIST (\HasNoChildren \Drafts) "/" Drafts
            S: * STATUS Drafts (MESSAGES 0)
            S: * METADATA Drafts (/shared/vendor/cmu/cyrus-imapd/color NIL /private/specialuse "\\Drafts")
            S: * LIST (\HasChildren) "/" foo
            S: * STATUS foo (MESSAGES 0)
            S: * METADATA foo (/shared/vendor/cmu/cyrus-imapd/color NIL /private/specialuse NIL)
            S: A02 OK LIST completed
            """);
    }
}
