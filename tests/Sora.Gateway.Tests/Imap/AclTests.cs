using System.Text.RegularExpressions;

namespace Sora.Gateway.Tests.Imap;

/// <summary>The commands of RFC 4314 section 3, and NAMESPACE and LIST with the mailboxes of others.</summary>
[Collection("imap")]
public sealed class AclTests(ImapFixture fixture)
{
    private readonly string _domain = $"{Guid.NewGuid():n}.example"; // what is shared with anyone stays in it

    [Fact]
    public async Task Entries_are_set_changed_and_deleted()
    {
        var (owner, fred, betty) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var client = await owner.LogInAsync("CREATE INBOX/Drafts");
        await client.PlayAsync($"""
            C: A001 SeTacl INBOX/Drafts {fred.Address} lrswida
            S: A001 OK SETACL completed
            C: A002 getacl INBOX/Drafts
            S: * ACL INBOX/Drafts {owner.Address} lrswipkxtecda {fred.Address} lrswiteda
            S: A002 OK GETACL completed
            C: A003 Setacl INBOX/Drafts {fred.Address.ToUpperInvariant()} +ck
            S: A003 OK SETACL completed
            C: A004 SETACL INBOX/Drafts {fred.Address} -xwsd
            S: A004 OK SETACL completed
            C: A005 GETACL INBOX/Drafts
            S: * ACL INBOX/Drafts {owner.Address} lrswipkxtecda {fred.Address} lrikca
            S: A005 OK GETACL completed
            C: A006 SETACL INBOX/Drafts anyone lr
            S: A006 OK SETACL completed
            C: A007 SETACL INBOX/Drafts -{fred.Address} r
            S: A007 OK SETACL completed
            C: A008 SETACL INBOX/Drafts {betty.Address.Split('@')[0]} t
            S: A008 OK SETACL completed
            C: A009 GETACL INBOX/Drafts
            S: * ACL INBOX/Drafts {owner.Address} lrswipkxtecda anyone lr {fred.Address} lrikca -{fred.Address} r {betty.Address} td
            S: A009 OK GETACL completed
            C: A010 DELETEACL INBOX/Drafts {fred.Address}
            S: A010 OK DELETEACL completed
            C: A011 SETACL INBOX/Drafts {betty.Address} ""
            S: A011 OK SETACL completed
            C: A012 DELETEACL INBOX/Drafts {betty.Address}
            S: A012 OK DELETEACL completed
            C: A013 GETACL INBOX/Drafts
            S: * ACL INBOX/Drafts {owner.Address} lrswipkxtecda anyone lr -{fred.Address} r
            S: A013 OK GETACL completed
            C: A014 MYRIGHTS inbox/Drafts
            S: * MYRIGHTS INBOX/Drafts lrswipkxtecda
            S: A014 OK MYRIGHTS completed
            """);
    }

    [Fact]
    public async Task Rights_that_can_be_granted()
    {
        var (owner, fred) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var client = await owner.LogInAsync();
        await client.PlayAsync($$"""
            C: a1 LISTRIGHTS INBOX {{fred.Address}}
            S: * LISTRIGHTS INBOX {{fred.Address}} "" l r s w i p k x t e c d a
            S: a1 OK LISTRIGHTS completed
            C: a2 listrights INBOX {6}
            S: + …
            C: anyone
            S: * LISTRIGHTS INBOX anyone "" l r s w i p k x t e c d a
            S: a2 OK LISTRIGHTS completed
            C: a3 LISTRIGHTS INBOX -{{fred.Address}}
            S: * LISTRIGHTS INBOX -{{fred.Address}} "" l r s w i p k x t e c d a
            S: a3 OK LISTRIGHTS completed
            C: a4 LISTRIGHTS INBOX "{{owner.Address.ToUpperInvariant()}}"
            S: * LISTRIGHTS INBOX {{owner.Address.ToUpperInvariant()}} lrswipkxtecda
            S: a4 OK LISTRIGHTS completed
            C: a5 LISTRIGHTS INBOX nobody@example.com
            S: a5 NO [CANNOT] There is no such user
            """);
    }

    [Theory]
    [InlineData("SETACL INBOX {fred} lrQ", "BAD ")]
    [InlineData("SETACL INBOX {fred} lrq", "BAD q is no right")]
    [InlineData("SETACL INBOX {fred} lr0", "BAD 0 is no right")]
    [InlineData("SETACL INBOX {fred} l+r", "BAD ? is no right")]
    [InlineData("SETACL INBOX {fred}", "BAD ")]
    [InlineData("SETACL INBOX {fred} l r", "BAD ")]
    [InlineData("SETACL INBOX \"\" l", "BAD ")]
    [InlineData("SETACL INBOX \"-\" l", "BAD ")]
    [InlineData("SETACL INBOX \"a\u0001b\" l", "BAD ")]
    [InlineData("SETACL INBOX \"\u00c2\u00ad\" l", "BAD ")]
    [InlineData("SETACL INBOX \"\u00e2\u0080\u00ae\" l", "BAD ")]
    [InlineData("SETACL INBOX \u00ff l", "BAD ")]
    [InlineData("SETACL", "BAD ")]
    [InlineData("GETACL", "BAD ")]
    [InlineData("GETACL INBOX x", "BAD ")]
    [InlineData("MYRIGHTS INBOX x", "BAD ")]
    [InlineData("LISTRIGHTS INBOX", "BAD ")]
    [InlineData("DELETEACL INBOX", "BAD ")]
    [InlineData("SETACL INBOX nobody@example.com l", "NO [CANNOT] There is no such user")]
    [InlineData("SETACL INBOX user1@example.com l", "NO [CANNOT] There is no such user")]
    [InlineData("SETACL INBOX {me} l", "NO [CANNOT] ")]
    [InlineData("SETACL INBOX {me} -a", "NO [CANNOT] ")]
    [InlineData("SETACL INBOX -{me} a", "NO [CANNOT] ")]
    [InlineData("DELETEACL INBOX {me}", "NO [CANNOT] ")]
    [InlineData("SETACL INBOX {me} +l", "OK ")]
    [InlineData("SETACL none {fred} l", "NO [NONEXISTENT] ")]
    [InlineData("GETACL none", "NO [NONEXISTENT] ")]
    [InlineData("MYRIGHTS none", "NO [NONEXISTENT] ")]
    [InlineData("DELETEACL INBOX {fred}", "OK ")]
    public async Task What_is_refused(string command, string answer)
    {
        var (owner, fred) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var client = await owner.LogInAsync();
        var lines = await client.RunAsync(
            command.Replace("{fred}", fred.Address, StringComparison.Ordinal).Replace("{me}", owner.Address, StringComparison.Ordinal));
        lines.Count.ShouldBe(1);
        lines[0].ShouldStartWith(answer);
    }

    [Fact]
    public async Task Mailboxes_of_others_are_listed_as_far_as_they_may_be_looked_up()
    {
        var (owner, fred) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var client = await owner.LogInAsync("CREATE Work/a/b");
        await client.DoAsync($"SETACL INBOX {fred.Address} lr");
        await client.DoAsync($"SETACL Sent {fred.Address} l");
        await client.DoAsync($"SETACL Trash {fred.Address} r");
        await client.DoAsync($"SETACL Work/a/b {fred.Address} lrswipkxte");
        using var other = await fred.LogInAsync();
        var home = $"Other Users/{owner.Address}";
        await other.PlayAsync($"""
            C: a1 LIST "" *
            S: * LIST (\HasNoChildren) "/" INBOX
            S: * LIST (\HasNoChildren \Archive) "/" Archive
            S: * LIST (\HasNoChildren \Drafts) "/" Drafts
            S: * LIST (\HasNoChildren \Junk) "/" Junk
            S: * LIST (\HasNoChildren) "/" "{home}/INBOX"
            S: * LIST (\HasNoChildren) "/" "{home}/Sent"
            S: * LIST (\HasNoChildren) "/" "{home}/Work/a/b"
            S: * LIST (\HasNoChildren \Sent) "/" Sent
            S: * LIST (\HasNoChildren \Trash) "/" Trash
            S: a1 OK LIST completed
            C: a2 LIST "" O%
            S: * LIST (\Noselect \HasChildren) "/" "Other Users"
            S: a2 OK LIST completed
            C: a3 LIST "Other Users/" %
            S: * LIST (\Noselect \HasChildren) "/" "{home}"
            S: a3 OK LIST completed
            C: a4 LIST "" "{home}/%" RETURN (MYRIGHTS)
            S: * LIST (\HasNoChildren) "/" "{home}/INBOX"
            S: * MYRIGHTS "{home}/INBOX" lr
            S: * LIST (\HasNoChildren) "/" "{home}/Sent"
            S: * MYRIGHTS "{home}/Sent" l
            S: * LIST (\NonExistent \HasChildren) "/" "{home}/Work"
            S: a4 OK LIST completed
            C: a5 LIST "" ("{home}/Work/*" Archive) RETURN (MYRIGHTS CHILDREN)
            S: * LIST (\HasNoChildren \Archive) "/" Archive
            S: * MYRIGHTS Archive lrswipkxtecda
            S: * LIST (\HasNoChildren) "/" "{home}/Work/a/b"
            S: * MYRIGHTS "{home}/Work/a/b" lrswipkxtecd
            S: a5 OK LIST completed
            C: a6 LIST "" ("{home}/*" INBOX) RETURN (STATUS (MESSAGES))
            S: * LIST (\HasNoChildren) "/" INBOX
            S: * STATUS INBOX (MESSAGES 0)
            S: * LIST (\HasNoChildren) "/" "{home}/INBOX"
            S: * STATUS "{home}/INBOX" (MESSAGES 0)
            S: * LIST (\HasNoChildren) "/" "{home}/Sent"
            S: * LIST (\HasNoChildren) "/" "{home}/Work/a/b"
            S: * STATUS "{home}/Work/a/b" (MESSAGES 0)
            S: a6 OK LIST completed
            C: a7 SUBSCRIBE "{home}/Work/a/b"
            S: a7 OK SUBSCRIBE completed
            C: a8 LSUB "" "Other Users/*"
            S: * LSUB () "/" "{home}/Work/a/b"
            S: a8 OK LSUB completed
            C: a9 LIST (SUBSCRIBED) "" "Oth*"
            S: * LIST (\HasNoChildren \Subscribed) "/" "{home}/Work/a/b"
            S: a9 OK LIST completed
            """);
        await client.DoAsync("DELETE Work/a/b");
        await other.PlayAsync($"""
            C: b1 LSUB "" "Other Users/*"
            S: * LSUB (\Noselect) "/" "{home}/Work/a/b"
            S: b1 OK LSUB completed
            C: b2 UNSUBSCRIBE "{home}/Work/a/b"
            S: b2 OK UNSUBSCRIBE completed
            C: b3 LIST "" "Other Users/*"
            S: * LIST (\HasNoChildren) "/" "{home}/INBOX"
            S: * LIST (\HasNoChildren) "/" "{home}/Sent"
            S: b3 OK LIST completed
            C: b4 LIST (SPECIAL-USE) "" *
            S: * LIST (\HasNoChildren \Archive) "/" Archive
            S: * LIST (\HasNoChildren \Drafts) "/" Drafts
            S: * LIST (\HasNoChildren \Junk) "/" Junk
            S: * LIST (\HasNoChildren \Sent) "/" Sent
            S: * LIST (\HasNoChildren \Trash) "/" Trash
            S: b4 OK LIST completed
            C: b5 CREATE "Other Users"
            S: b5 NO [CANNOT] …
            C: b6 RENAME Archive Shared
            S: b6 NO [CANNOT] …
            """);
        await other.DoAsync("ENABLE IMAP4rev2");
        (await other.DoAsync("LIST \"\" O%")).ShouldBe(["* LIST (\\NonExistent \\HasChildren) \"/\" \"Other Users\""]);
    }

    [Theory]
    [InlineData("", "MYRIGHTS {box}", "NONEXISTENT")]
    [InlineData("", "SELECT {box}", "NONEXISTENT")]
    [InlineData("", "EXAMINE {box}", "NONEXISTENT")]
    [InlineData("", "STATUS {box} (MESSAGES)", "NONEXISTENT")]
    [InlineData("", "GETACL {box}", "NONEXISTENT")]
    [InlineData("", "SETACL {box} anyone l", "NONEXISTENT")]
    [InlineData("", "DELETEACL {box} anyone", "NONEXISTENT")]
    [InlineData("", "LISTRIGHTS {box} anyone", "NONEXISTENT")]
    [InlineData("", "DELETE {box}", "NONEXISTENT")]
    [InlineData("", "RENAME {box} mine", "NONEXISTENT")]
    [InlineData("", "SUBSCRIBE {box}", "NONEXISTENT")]
    [InlineData("", "APPEND {box} {1+}\r\nx", "TRYCREATE")]
    [InlineData("", "CREATE {box/x}", "NOPERM")]
    [InlineData("", "CREATE {box}", "NOPERM")]
    [InlineData("w", "MYRIGHTS {box}", "NONEXISTENT")]
    [InlineData("rswipkxtea", "SUBSCRIBE {box}", "NONEXISTENT")]
    [InlineData("siwte", "SELECT {box}", "NONEXISTENT")]
    [InlineData("lsiwpkxtea", "SELECT {box}", "NOPERM")]
    [InlineData("lsiwpkxtea", "STATUS {box} (MESSAGES)", "NOPERM")]
    [InlineData("lrswpkxtea", "APPEND {box} {1+}\r\nx", "NOPERM")]
    [InlineData("lrswipkxte", "GETACL {box}", "NOPERM")]
    [InlineData("lrswipkxte", "SETACL {box} anyone l", "NOPERM")]
    [InlineData("lrswipkxte", "DELETEACL {box} anyone", "NOPERM")]
    [InlineData("lrswipkxte", "LISTRIGHTS {box} anyone", "NOPERM")]
    [InlineData("lrswipktea", "DELETE {box}", "NOPERM")]
    [InlineData("lrswipktea", "RENAME {box} {Work/x}", "NOPERM")]
    [InlineData("lrswipxtea", "CREATE {box/x}", "NOPERM")]
    [InlineData("lrswipxtea", "RENAME {box} {Archive/x}", "NOPERM")]
    [InlineData("lrswipkxtea", "RENAME {box} {Top}", "NOPERM")]
    [InlineData("lrswipkxtea", "RENAME {box} mine", "CANNOT")]
    [InlineData("lrswipkxtea", "CREATE {box/x} (USE (\\Junk))", "USEATTR")]
    [InlineData("r", "SELECT {box}", null)]
    [InlineData("r", "STATUS {box} (MESSAGES)", null)]
    [InlineData("i", "APPEND {box} {1+}\r\nx", null)]
    [InlineData("x", "DELETE {box}", null)]
    [InlineData("a", "GETACL {box}", null)]
    [InlineData("a", "SETACL {box} anyone l", null)]
    [InlineData("k", "CREATE {box/x}", null)]
    [InlineData("k", "CREATE {box/x/y}", null)]
    [InlineData("xk", "RENAME {box} {Work/x}", null)]
    [InlineData("l", "SUBSCRIBE {box}", null)]
    public async Task Each_command_asks_for_its_rights(string rights, string command, string? code)
    {
        var (owner, fred) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var client = await owner.LogInAsync("CREATE Work/Box");
        if (rights.Length > 0)
            await client.DoAsync($"SETACL Work/Box {fred.Address} {rights}");
        if (rights.Contains('k', StringComparison.Ordinal))
            await client.DoAsync($"SETACL Work {fred.Address} k");
        using var other = await fred.LogInAsync();
        var line = (await other.RunAsync(Filled("Work/Box")))[^1];
        line.ShouldStartWith(code is null ? "OK" : $"NO [{code}]");

        // What may not be known of answers as what does not exist
        if (rights.Length == 0)
            line.ShouldBe((await other.RunAsync(Filled("Work/Bax")))[^1]);

        string Filled(string box) => Regex.Replace(
            command, "{([A-Za-z/]+)}", name => $"\"Other Users/{owner.Address}/{name.Groups[1].Value.Replace("box", box, StringComparison.Ordinal)}\"");
    }

    [Fact]
    public async Task Negative_rights_take_away_what_others_grant()
    {
        var (owner, fred, betty) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var client = await owner.LogInAsync();
        await client.DoAsync("SETACL Archive anyone lrsw");
        await client.DoAsync($"SETACL Archive {fred.Address} i");
        await client.DoAsync($"SETACL Archive -{fred.Address} w");
        var box = $"\"Other Users/{owner.Address}/Archive\"";
        using var a = await fred.LogInAsync();
        using var b = await betty.LogInAsync();
        (await a.DoAsync($"MYRIGHTS {box}")).ShouldBe([$"* MYRIGHTS {box} lrsi"]);
        (await b.DoAsync($"MYRIGHTS {box}")).ShouldBe([$"* MYRIGHTS {box} lrsw"]);
        await client.DoAsync("SETACL Archive -anyone lr");
        (await b.RunAsync($"SELECT {box}"))[^1].ShouldStartWith("NO [NONEXISTENT]");
        await client.DoAsync("DELETEACL Archive anyone");
        (await a.DoAsync($"MYRIGHTS {box}")).ShouldBe([$"* MYRIGHTS {box} i"]);
        (await b.RunAsync($"MYRIGHTS {box}"))[^1].ShouldStartWith("NO [NONEXISTENT]");
    }

    [Fact]
    public async Task Lists_are_inherited_follow_a_rename_and_go_with_the_mailbox()
    {
        var (owner, fred) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var client = await owner.LogInAsync("CREATE Team");
        await client.DoAsync($"SETACL Team {fred.Address} lrk");
        await client.DoAsync($"SETACL Team -{fred.Address} p");
        using var other = await fred.LogInAsync();
        var home = $"Other Users/{owner.Address}";
        await other.DoAsync($"CREATE \"{home}/Team/x/y\"");
        foreach (var name in new[] { "Team", "Team/x", "Team/x/y" })
            (await client.DoAsync($"GETACL {name}")).ShouldBe([$"* ACL {name} {owner.Address} lrswipkxtecda {fred.Address} lrkc -{fred.Address} p"]);
        await client.DoAsync($"SETACL Team/x {fred.Address} lr");
        await client.DoAsync("RENAME Team/x Moved");
        (await client.DoAsync("GETACL Moved")).ShouldBe([$"* ACL Moved {owner.Address} lrswipkxtecda {fred.Address} lr -{fred.Address} p"]);
        (await client.DoAsync("GETACL Moved/y")).ShouldBe([$"* ACL Moved/y {owner.Address} lrswipkxtecda {fred.Address} lrkc -{fred.Address} p"]);
        (await other.DoAsync("LIST \"\" \"Other Users/*\"")).ShouldBe(
        [
            $"* LIST (\\HasChildren) \"/\" \"{home}/Moved\"", $"* LIST (\\HasNoChildren) \"/\" \"{home}/Moved/y\"",
            $"* LIST (\\HasNoChildren) \"/\" \"{home}/Team\"",
        ]);
        await client.DoAsync("DELETE Moved/y");
        await client.DoAsync("CREATE Moved/y");
        await client.DoAsync("DELETE Team");
        await client.DoAsync("CREATE Team");
        (await client.DoAsync("GETACL Team")).ShouldBe([$"* ACL Team {owner.Address} lrswipkxtecda"]);
        (await other.DoAsync($"LIST \"\" \"{home}/Team\"")).ShouldBeEmpty();
    }
}
