using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>What users do with mailboxes that are not theirs, and what their rights let them.</summary>
[Collection("imap")]
public sealed class SharedMailboxTests(ImapFixture fixture)
{
    private readonly string _domain = $"{Guid.NewGuid():n}.example"; // what is shared with anyone stays in it

    private const string Literal = "{1+}"; // braces have a meaning in interpolated transcripts
    private const string Mail = "From: a@example.com\nSubject: hello\n\nbody\n";

    [Theory]
    [InlineData("lr", "()", "READ-ONLY")]
    [InlineData("lrp", "()", "READ-ONLY")]
    [InlineData("lrkxa", "()", "READ-ONLY")]
    [InlineData("lri", "()", "READ-WRITE")]
    [InlineData("lre", "()", "READ-WRITE")]
    [InlineData("lrs", "(\\Seen)", "READ-WRITE")]
    [InlineData("lrt", "(\\Deleted)", "READ-WRITE")]
    [InlineData("lrw", "(\\Answered \\Flagged \\Draft $Work \\*)", "READ-WRITE")]
    [InlineData("lrwst", "(\\Answered \\Flagged \\Deleted \\Seen \\Draft $Work \\*)", "READ-WRITE")]
    public async Task Select_says_what_may_be_changed(string rights, string permanent, string access)
    {
        var (_, other, box) = await ShareAsync(rights, deliver: FlagSet.Of(SystemFlags.None, "$Work"));
        using var _ = other;
        await other.PlayAsync($"""
            C: a1 SELECT {box}
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Work)
            S: * OK [PERMANENTFLAGS {permanent}] …
            S: * 1 EXISTS
            S: * 1 RECENT
            S: * OK [UNSEEN 1] …
            S: * OK [UIDVALIDITY …
            S: * OK [UIDNEXT 2] …
            S: * OK [HIGHESTMODSEQ …
            S: * OK [MAILBOXID (…)] Stays through RENAME
            S: a1 OK [{access}] SELECT completed
            """);
    }

    [Theory]
    [InlineData("lrs", "+FLAGS (\\Seen \\Deleted \\Flagged $New)", "(\\Answered \\Seen)")]
    [InlineData("lrt", "+FLAGS (\\Seen \\Deleted \\Flagged $New)", "(\\Answered \\Deleted)")]
    [InlineData("lrw", "+FLAGS (\\Seen \\Deleted \\Flagged $New)", "(\\Answered \\Flagged $New)")]
    [InlineData("lrw", "-FLAGS (\\Answered \\Seen)", "()")]
    [InlineData("lrs", "FLAGS (\\Seen \\Draft)", "(\\Answered \\Seen)")]
    [InlineData("lrst", "FLAGS ()", "(\\Answered)")]
    [InlineData("lrwt", "FLAGS (\\Deleted)", "(\\Deleted)")]
    [InlineData("lrs", "+FLAGS (\\Deleted)", null)]
    [InlineData("lrt", "-FLAGS (\\Answered)", null)]
    [InlineData("lrs", "FLAGS (\\Flagged $New)", null)]
    [InlineData("lrie", "FLAGS ()", null)]
    [InlineData("lrie", "+FLAGS (\\Seen)", null)]
    public async Task Store_changes_what_it_may(string rights, string change, string? flags)
    {
        var (_, other, box) = await ShareAsync(rights, deliver: FlagSet.Of(SystemFlags.Answered));
        using var _ = other;
        await other.DoAsync($"SELECT {box}");
        var lines = await other.RunAsync($"UID STORE 1 {change}");
        if (flags is null)
        {
            lines.ShouldBe(["NO [NOPERM] You may not do that with this mailbox"]);
            return;
        }

        lines[^1].ShouldBe("OK STORE completed");
        FlagsIn(lines[^2]).ShouldBe(FlagsIn($"FLAGS {flags}"));
        (await other.DoAsync($"UID STORE 1 {change.Replace("FLAGS", "FLAGS.SILENT", StringComparison.Ordinal)}")).ShouldBeEmpty();
        (await other.DoAsync("NOOP")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Reading_marks_as_read_only_who_may()
    {
        var (_, other, box) = await ShareAsync("lrwte", deliver: FlagSet.Empty);
        using var _ = other;
        await other.DoAsync($"SELECT {box}");
        var lines = await other.DoAsync("FETCH 1 BODY[TEXT]");
        lines[^1].ShouldBe(")");
        (await other.DoAsync("FETCH 1 FLAGS")).ShouldBe(["* 1 FETCH (FLAGS (\\Recent))"]);
    }

    [Fact]
    public async Task Expunging_needs_its_right_and_close_is_silent_without_it()
    {
        var (owner, other, box) = await ShareAsync("lrst", deliver: FlagSet.Of(SystemFlags.Deleted));
        using var _ = other;
        await other.DoAsync($"SELECT {box}");
        await other.PlayAsync("""
            C: a1 EXPUNGE
            S: a1 NO [NOPERM] …
            C: a2 UID EXPUNGE 1
            S: a2 NO [NOPERM] …
            C: a3 MOVE 1 Trash
            S: a3 NO [NOPERM] …
            C: a4 COPY 1 Trash
            S: a4 OK [COPYUID … 1 1] COPY completed
            C: a5 CLOSE
            S: a5 OK CLOSE completed
            """);
        (await other.DoAsync($"STATUS {box} (MESSAGES)")).ShouldBe([$"* STATUS {box} (MESSAGES 1)"]);
        await GrantAsync(owner, "Archive", "+e");
        await other.DoAsync($"SELECT {box}");
        await other.DoAsync("CLOSE");
        (await other.DoAsync($"STATUS {box} (MESSAGES)")).ShouldBe([$"* STATUS {box} (MESSAGES 0)"]);
    }

    [Theory]
    [InlineData("lri", "()")]
    [InlineData("lrit", "(\\Deleted)")]
    [InlineData("lrisw", "(\\Flagged \\Seen $Forwarded)")]
    public async Task Flags_come_along_as_far_as_they_may(string rights, string flags)
    {
        var (owner, other, box) = await ShareAsync(rights, deliver: null);
        using var _ = other;
        await GrantAsync(owner, "INBOX", "lr");
        await owner.DeliverToAsync("INBOX", Mail, FlagSet.Of(SystemFlags.Seen | SystemFlags.Deleted | SystemFlags.Flagged, "$Forwarded"));
        await other.DoAsync($"APPEND {box} (\\Seen \\Deleted \\Flagged $Forwarded) {{{Mail.Length}+}}\r\n{Mail}");

        // From a mailbox of the same account, then from one's own
        await other.DoAsync($"SELECT {box.Replace("Archive", "INBOX", StringComparison.Ordinal)}");
        await other.DoAsync($"COPY 1 {box}");
        await other.DoAsync($"APPEND Drafts (\\Seen \\Deleted \\Flagged $Forwarded) {{{Mail.Length}+}}\r\n{Mail}");
        await other.DoAsync("SELECT Drafts");
        await other.DoAsync($"COPY 1 {box}");
        await other.DoAsync($"EXAMINE {box}");
        var lines = await other.DoAsync("FETCH 1:* FLAGS");
        lines.Count.ShouldBe(3);
        foreach (var line in lines)
            FlagsIn(line).ShouldBe(FlagsIn($"FLAGS {flags}"));
    }

    // In order, without \Recent
    private static IEnumerable<string> FlagsIn(string line) =>
        line[(line.IndexOf("FLAGS (", StringComparison.Ordinal) + 7)..].Split(' ', ')').Where(static flag => flag is not ("" or "\\Recent")).Order(StringComparer.Ordinal);

    [Fact]
    public async Task A_change_of_rights_is_told_and_obeyed_while_the_mailbox_is_selected()
    {
        var (owner, other, box) = await ShareAsync("lrs", deliver: FlagSet.Empty);
        using var _ = other;
        await other.DoAsync($"SELECT {box}");
        await GrantAsync(owner, "Archive", "lrwe");
        await other.PlayAsync("""
            C: a1 NOOP
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
            S: * OK [PERMANENTFLAGS (\Answered \Flagged \Draft \*)] …
            S: a1 OK NOOP completed
            C: a2 STORE 1 +FLAGS (\Seen)
            S: a2 NO [NOPERM] …
            """);
        await GrantAsync(owner, "Archive", "lr");
        await other.PlayAsync("""
            C: b1 STORE 1 +FLAGS (\Flagged)
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
            S: * OK [PERMANENTFLAGS ()] …
            S: * OK [READ-ONLY] …
            S: b1 NO [NOPERM] …
            """);
        await GrantAsync(owner, "Archive", "");
        await owner.DeliverToAsync("Archive", Mail);
        await other.PlayAsync("""
            C: c1 NOOP
            S: c1 OK NOOP completed
            C: c2 FETCH 1 BODY[]
            S: c2 NO [NOPERM] …
            C: c3 SEARCH ALL
            S: c3 NO [NOPERM] …
            C: c4 COPY 1 INBOX
            S: c4 NO [NOPERM] …
            C: c5 CLOSE
            S: c5 OK CLOSE completed
            """);
        (await other.RunAsync($"SELECT {box}"))[^1].ShouldStartWith("NO [NONEXISTENT]");
    }

    [Fact]
    public async Task A_change_of_rights_is_told_at_once_in_idle()
    {
        var (owner, other, box) = await ShareAsync("lrs", deliver: FlagSet.Empty);
        using var _ = other;
        await other.DoAsync($"SELECT {box}");
        await other.PlayAsync("""
            C: a1 IDLE
            S: + idling
            """);
        await GrantAsync(owner, "Archive", "+t");
        await other.PlayAsync("""
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
            S: * OK [PERMANENTFLAGS (\Deleted \Seen)] …
            C: DONE
            S: a1 OK IDLE completed
            """);
        using var client = await owner.LogInAsync("RENAME Archive Elsewhere");
        (await other.DoAsync("FETCH 1 UID")).ShouldBe(["* 1 FETCH (UID 1)"]);
        (await other.DoAsync("LIST \"\" Other*")).ShouldBe([$"* LIST (\\HasNoChildren) \"/\" {box.Replace("Archive", "Elsewhere", StringComparison.Ordinal)}"]);
    }

    [Fact]
    public async Task What_anyone_may_do_is_told_at_once_too()
    {
        var (owner, other, box) = await ShareAsync("lr", deliver: FlagSet.Empty);
        using var _ = other;
        await other.DoAsync($"SELECT {box}");
        await other.PlayAsync("""
            C: a1 IDLE
            S: + idling
            """);
        using var client = await owner.LogInAsync("SETACL Archive anyone s");
        await other.PlayAsync("""
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
            S: * OK [PERMANENTFLAGS (\Seen)] …
            S: * OK [READ-WRITE] …
            C: DONE
            S: a1 OK IDLE completed
            """);
    }

    [Fact]
    public async Task Replace_needs_what_removing_needs_at_that_time()
    {
        var (owner, other, box) = await ShareAsync("lrite", deliver: FlagSet.Empty);
        using var _ = other;
        await other.DoAsync($"SELECT {box}");
        await GrantAsync(owner, "Archive", "-e");
        (await other.RunAsync($"REPLACE 1 {box} {{{Mail.Length}+}}\r\n{Mail}"))[^1].ShouldStartWith("NO [NOPERM]");
        await GrantAsync(owner, "Archive", "+e");
        await other.DoAsync($"REPLACE 1 {box} (\\Flagged) {{{Mail.Length}+}}\r\n{Mail}");
        await other.DoAsync($"REPLACE 1 INBOX (\\Flagged) {{{Mail.Length}+}}\r\n{Mail}");
        (await other.DoAsync($"STATUS {box} (MESSAGES)")).ShouldBe([$"* STATUS {box} (MESSAGES 0)"]);
        (await other.DoAsync("STATUS INBOX (MESSAGES)")).ShouldBe(["* STATUS INBOX (MESSAGES 1)"]);
    }

    [Fact]
    public async Task Who_may_not_read_any_more_searches_nothing()
    {
        var (owner, other, box) = await ShareAsync("lr", deliver: FlagSet.Empty);
        using var _ = other;
        await other.DoAsync($"SELECT {box}");
        (await other.DoAsync("ESEARCH IN (selected) ALL")).ShouldHaveSingleItem().ShouldEndWith("ALL 1");
        await GrantAsync(owner, "Archive", "l");
        (await other.RunAsync("ESEARCH IN (selected) ALL")).ShouldAllBe(static line => !line.StartsWith("* ESEARCH", StringComparison.Ordinal) || !line.Contains(" ALL ", StringComparison.Ordinal));
        (await other.RunAsync($"ESEARCH IN (mailboxes {box}) ALL")).ShouldAllBe(static line => !line.Contains(" ALL ", StringComparison.Ordinal));
        (await other.RunAsync("SORT (DATE) UTF-8 ALL"))[^1].ShouldStartWith("NO [NOPERM]");
    }

    [Fact]
    public async Task A_session_that_has_logged_out_of_an_account_does_not_end_with_it()
    {
        var (first, second) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var client = await first.LogInAsync("UNAUTHENTICATE");
        (await fixture.Node.Administration.DeleteAsync(first.Address, CancellationToken.None)).IsOk.ShouldBeTrue();
        await client.DoAsync($"LOGIN {second.Address} secret");
        await client.DoAsync("SELECT INBOX");
    }

    [Fact]
    public async Task What_two_users_do_with_a_mailbox_they_share_is_seen_by_both()
    {
        var (owner, other, box) = await ShareAsync("lrswite", deliver: FlagSet.Empty);
        using var _ = other;
        using var client = await owner.LogInAsync("SELECT Archive");
        await other.DoAsync($"SELECT {box}");
        await other.DoAsync("STORE 1 +FLAGS (\\Seen $Done)");
        await other.DoAsync($"APPEND {box} {{{Mail.Length}+}}\r\n{Mail}");
        await client.PlayAsync("""
            C: a1 NOOP
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Done)
            S: * OK [PERMANENTFLAGS …
            S: * 2 EXISTS
            S: * 1 FETCH (FLAGS (\Seen \Recent $Done))
            S: a1 OK NOOP completed
            """);
        await client.DoAsync("STORE 1 +FLAGS.SILENT (\\Deleted)");
        await client.DoAsync("EXPUNGE");
        await other.PlayAsync("""
            C: b1 NOOP
            S: * 1 EXPUNGE
            S: b1 OK NOOP completed
            """);
    }

    [Fact]
    public async Task A_copy_in_another_account_is_that_accounts_own()
    {
        var (owner, other, box) = await ShareAsync("lri", deliver: null);
        using var _ = other;
        var large = "Subject: large\n\n" + string.Concat(Enumerable.Repeat("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n", 30_000));
        await other.DoAsync($"APPEND INBOX \"17-Jul-1996 02:44:25 -0700\" {{{Mail.Length}+}}\r\n{Mail}");
        var user = new TestUser(fixture, "", await AccountOfAsync(other));
        await user.DeliverToAsync("INBOX", large, prefix: "Return-Path: <x@example.com>\r\nDelivered-To: y@example.com\r\n");
        await other.DoAsync("SELECT INBOX");
        var before = await BodiesAsync();
        await other.PlayAsync($"""
            C: a1 COPY 1:2 {box}
            S: a1 OK [COPYUID … 1:2 1:2] COPY completed
            C: a2 MOVE 2 {box}
            S: * OK [COPYUID … 2 3] Moved
            S: * 2 EXPUNGE
            S: a2 OK MOVE completed
            C: a3 COPY 1 {box.Replace("Archive", "None", StringComparison.Ordinal)}
            S: a3 NO [TRYCREATE] …
            C: a4 COPY 1 {box.Replace("Archive", "Sent", StringComparison.Ordinal)}
            S: a4 NO [TRYCREATE] …
            """);
        await other.DoAsync($"SELECT {box}");
        var after = await BodiesAsync();
        after.Count.ShouldBe(3);
        after[..2].ShouldBe(before);
        after[2].ShouldBe(before[1]);
        (await other.DoAsync("FETCH 1 INTERNALDATE"))[0].ShouldContain("\"17-Jul-1996 09:44:25 +0000\"");
        var index = (await (await owner.MailboxAsync("Archive")).OpenAsync(default, CancellationToken.None)).Value.Index!;
        foreach (var content in await fixture.Messages.ReadAsync(new[] { index[0].Content, index[1].Content, index[2].Content }, ContentParts.None, CancellationToken.None))
            content!.Account.ShouldBe(owner.Account.Id);

        async Task<List<string>> BodiesAsync()
        {
            var bodies = new List<string>();
            foreach (var number in await CountAsync())
            {
                var lines = await other.DoAsync($"FETCH {number} BODY.PEEK[]");
                bodies.Add(string.Join('\n', lines.Skip(1)));
            }

            return bodies;
        }

        async Task<IEnumerable<int>> CountAsync() => Enumerable.Range(1, (await other.DoAsync("SEARCH ALL"))[0].Split(' ').Length - 2);
    }

    [Fact]
    public async Task What_is_moved_into_another_account_and_back_is_the_same_message()
    {
        var (owner, other, box) = await ShareAsync("lrswite", deliver: null);
        using var _ = other;
        await other.DoAsync($"APPEND INBOX (\\Flagged \\Seen $Work) \"17-Jul-1996 02:44:25 -0700\" {{{Mail.Length}+}}\r\n{Mail}");
        await other.DoAsync($"APPEND INBOX {{{Mail.Length}+}}\r\n{Mail}");
        await other.DoAsync("SELECT INBOX");
        var first = (await other.DoAsync("FETCH 1 EMAILID"))[0];
        var id = first[(first.IndexOf("(M", StringComparison.Ordinal) + 1)..^2];
        await other.DoAsync($"NOTIFY SET (mailboxes {box} (MessageNew MessageExpunge)) (selected (MessageNew MessageExpunge))");
        await other.PlayAsync($"""
            C: a1 COPY 1 {box}
            S: a1 OK [COPYUID … 1 1] COPY completed
            C: a2 UID MOVE 1 {box}
            S: * OK [COPYUID … 1 2] Moved
            S: * 1 EXPUNGE
            S: a2 OK MOVE completed
            C: a3 MOVE 1 Trash
            S: * OK [COPYUID … 2 1] Moved
            S: * 1 EXPUNGE
            S: a3 OK MOVE completed
            C: a4 UID MOVE 1:9 {box}
            S: a4 OK No messages to transfer
            """);
        using var client = await owner.LogInAsync("SELECT Archive");
        await client.PlayAsync($"""
            C: b1 UID FETCH 1:2 (FLAGS INTERNALDATE EMAILID)
            S: * 1 FETCH (UID 1 FLAGS (\Flagged \Seen …$Work) INTERNALDATE "17-Jul-1996 09:44:25 +0000" EMAILID ({id}))
            S: * 2 FETCH (UID 2 FLAGS (\Flagged \Seen …$Work) INTERNALDATE "17-Jul-1996 09:44:25 +0000" EMAILID ({id}))
            S: b1 OK FETCH completed
            C: b2 SEARCH EMAILID {id}
            S: * SEARCH 1 2
            S: b2 OK SEARCH completed
            C: b3 SEARCH NOT EMAILID {id}
            S: * SEARCH
            S: b3 OK SEARCH completed
            """);
        await other.DoAsync("NOTIFY SET (selected (MessageNew (UID EMAILID) MessageExpunge))");
        await other.DoAsync($"SELECT {box}");
        await other.DoAsync("MOVE 2 INBOX");
        await client.DoAsync("COPY 1 Sent");
        await client.DoAsync("COPY 1 Archive");

        // Which of the two has it as \Recent is undefined (RFC 3501 section 2.3.2)
        var news = new List<string>();
        while (news.Count < 2)
        {
            var line = (await other.Socket.LineAsync())!;
            if (!line.EndsWith(" RECENT", StringComparison.Ordinal))
                news.Add(line);
        }

        news.ShouldBe(["* 2 EXISTS", $"* 2 FETCH (UID 3 EMAILID ({id}))"]);
        await client.DoAsync("SELECT Sent");
        (await client.DoAsync("FETCH 1 EMAILID")).ShouldBe([$"* 1 FETCH (EMAILID ({id}))"]);
        await other.DoAsync("SELECT INBOX");
        (await other.DoAsync("UID FETCH 1:* (EMAILID INTERNALDATE)")).ShouldBe([$"* 1 FETCH (UID 3 EMAILID ({id}) INTERNALDATE \"17-Jul-1996 09:44:25 +0000\")"]);
        (await other.DoAsync($"SEARCH EMAILID {id}")).ShouldBe(["* SEARCH 1"]);
    }

    [Fact]
    public async Task A_move_into_another_account_that_has_no_room_moves_nothing()
    {
        var (owner, other, box) = await ShareAsync("lri", deliver: null);
        using var _ = other;
        await other.DoAsync($"APPEND INBOX {{{Mail.Length}+}}\r\n{Mail}");
        await other.DoAsync($"APPEND INBOX {{{Mail.Length}+}}\r\n{Mail}");
        await other.DoAsync("SELECT INBOX");
        await fixture.Engine.Quotas.SetAsync(owner.Account.Id, new QuotaLimits(null, 1, null), CancellationToken.None);
        (await other.RunAsync($"MOVE 1:2 {box}")).ShouldHaveSingleItem().ShouldStartWith("NO [OVERQUOTA]");
        (await other.RunAsync($"COPY 1:2 {box}")).ShouldHaveSingleItem().ShouldStartWith("NO [OVERQUOTA]");
        (await other.DoAsync($"STATUS {box} (MESSAGES)")).ShouldBe([$"* STATUS {box} (MESSAGES 0)"]);
        await other.DoAsync($"MOVE 2 {box}");
        (await other.RunAsync($"REPLACE 1 {box} {{{Mail.Length}+}}\r\n{Mail}"))[^1].ShouldStartWith("NO [OVERQUOTA]");
        (await other.DoAsync("STATUS INBOX (MESSAGES)")).ShouldBe(["* STATUS INBOX (MESSAGES 1)"]);
    }

    [Fact]
    public async Task A_copy_into_another_account_is_all_or_nothing_and_has_a_limit()
    {
        var (owner, other, box) = await ShareAsync("lri", deliver: null);
        using var _ = other;
        foreach (var mailbox in new[] { "INBOX", "INBOX", "INBOX" })
            await other.DoAsync($"APPEND {mailbox} {{{Mail.Length}+}}\r\n{Mail}");
        await other.DoAsync("SELECT INBOX");
        var (count, memory) = (fixture.Options.MaxCopyBetweenAccounts, fixture.Options.MaxCopyMemory);
        try
        {
            fixture.Options.MaxCopyBetweenAccounts = 2;
            (await other.RunAsync($"MOVE 1:3 {box}"))[^1].ShouldStartWith("NO [LIMIT] At most 2 messages");
            fixture.Options.MaxCopyBetweenAccounts = count;
            fixture.Options.MaxCopyMemory = new Sora.Configuration.ByteSize(2 * Mail.Length);
            (await other.RunAsync($"MOVE 1:3 {box}"))[^1].ShouldStartWith("NO [LIMIT] These are too many");
        }
        finally
        {
            (fixture.Options.MaxCopyBetweenAccounts, fixture.Options.MaxCopyMemory) = (count, memory);
        }

        (await other.DoAsync($"STATUS {box} (MESSAGES)")).ShouldBe([$"* STATUS {box} (MESSAGES 0)"]);
        (await other.DoAsync($"UID MOVE 1:* {box}"))[^1].ShouldBe("* 1 EXPUNGE");
        (await other.DoAsync($"STATUS {box} (MESSAGES)")).ShouldBe([$"* STATUS {box} (MESSAGES 3)"]);
        (await other.DoAsync("STATUS INBOX (MESSAGES)")).ShouldBe(["* STATUS INBOX (MESSAGES 0)"]);
    }

    [Fact]
    public async Task Shared_mailboxes_belong_to_the_domain()
    {
        var (boss, clerk, stranger) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain), await fixture.UserAsync());
        fixture.Node.SharingOptions.Creators = [.. fixture.Node.SharingOptions.Creators, boss.Address];
        using var a = await boss.LogInAsync();
        using var b = await clerk.LogInAsync();
        using var c = await stranger.LogInAsync();
        await a.PlayAsync($"""
            C: a1 CREATE Shared/Team/News
            S: a1 OK [MAILBOXID (…)] CREATE completed
            C: a2 LIST "" Shared/*
            S: * LIST (\HasChildren) "/" Shared/Team
            S: * LIST (\HasNoChildren) "/" Shared/Team/News
            S: a2 OK LIST completed
            C: a3 GETACL Shared/Team
            S: * ACL Shared/Team {boss.Address} lrswipkxtecda
            S: a3 OK GETACL completed
            C: a4 SETACL Shared/Team/News anyone lrs
            S: a4 OK SETACL completed
            C: a5 CREATE Shared/Team/News
            S: a5 NO [ALREADYEXISTS] …
            C: a6 RENAME Shared/Team/News Shared/Team/Events
            S: a6 OK RENAME completed
            C: a7 APPEND Shared/Team/Events {Literal}
            C: x
            S: a7 OK [APPENDUID … 1] APPEND completed
            C: a8 STATUS Shared/Team/Events (MESSAGES)
            S: * STATUS Shared/Team/Events (MESSAGES 1)
            S: a8 OK STATUS completed
            """);
        await b.PlayAsync($"""
            C: b1 LIST "" Sh%
            S: * LIST (\Noselect \HasChildren) "/" Shared
            S: b1 OK LIST completed
            C: b2 LIST "" Shared/*
            S: * LIST (\HasNoChildren) "/" Shared/Team/Events
            S: b2 OK LIST completed
            C: b3 CREATE Shared/Mine
            S: b3 NO [NOPERM] …
            C: b4 CREATE Shared/Team/Mine
            S: b4 NO [NOPERM] …
            C: b5 SETACL Shared/Team/Events anyone ""
            S: b5 NO [NOPERM] …
            """);
        (await c.DoAsync("LIST \"\" Shared/*")).ShouldBeEmpty();
        (await c.RunAsync("SELECT Shared/Team/Events"))[^1].ShouldStartWith("NO [NONEXISTENT]");
        await a.DoAsync("DELETE Shared/Team/Events");
        (await b.DoAsync("LIST \"\" Shared/*")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Domains_do_not_see_each_other()
    {
        var owner = await fixture.UserAsync(_domain);
        var stranger = await fixture.UserAsync();
        using var client = await owner.LogInAsync();
        (await client.RunAsync($"SETACL INBOX {stranger.Address} lr"))[^1].ShouldStartWith("NO [CANNOT] There is no such user");
        await client.DoAsync("SETACL INBOX anyone lr");
        using var other = await stranger.LogInAsync();
        (await other.DoAsync("LIST \"\" Other*")).ShouldBeEmpty();
        (await other.RunAsync($"SELECT \"Other Users/{owner.Address}/INBOX\""))[^1].ShouldStartWith("NO [NONEXISTENT]");
    }

    [Fact]
    public async Task A_session_ends_when_its_account_is_deleted()
    {
        var (owner, fred) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var client = await owner.LogInAsync($"SETACL INBOX {fred.Address} lr");
        using var idle = await owner.LogInAsync("SELECT INBOX");
        using var other = await fred.LogInAsync($"SELECT \"Other Users/{owner.Address}/INBOX\"");
        await idle.PlayAsync("""
            C: a1 IDLE
            S: + idling
            """);
        (await fixture.Node.Administration.DeleteAsync(owner.Address, CancellationToken.None)).IsOk.ShouldBeTrue();
        await client.PlayAsync("""
            S: * BYE The login is no longer valid
            S!
            """);
        await idle.PlayAsync("""
            S: * BYE The login is no longer valid
            S!
            """);
        (await other.RunAsync("FETCH 1 FLAGS"))[^1].ShouldStartWith("NO [NOPERM]");
        (await other.DoAsync("LIST \"\" Other*")).ShouldBeEmpty();
    }

    // Archive of a new user, shared with another one who is logged in
    private async Task<(TestUser Owner, ImapClient Other, string Box)> ShareAsync(string rights, FlagSet? deliver)
    {
        var (owner, other) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        _grantee = other.Address;
        if (deliver is not null)
            await owner.DeliverToAsync("Archive", Mail, deliver);
        await GrantAsync(owner, "Archive", rights);
        return (owner, await other.LogInAsync(), $"\"Other Users/{owner.Address}/Archive\"");
    }

    private string _grantee = "";

    private async Task GrantAsync(TestUser owner, string mailbox, string rights)
    {
        using var client = await owner.LogInAsync();
        await client.DoAsync($"SETACL {mailbox} {_grantee} \"{rights}\"");
    }

    private async Task<IAccount> AccountOfAsync(ImapClient _) =>
        fixture.Engine.Accounts.Get((await fixture.Engine.Accounts.FindAsync(_grantee, CancellationToken.None))!.Account);
}
