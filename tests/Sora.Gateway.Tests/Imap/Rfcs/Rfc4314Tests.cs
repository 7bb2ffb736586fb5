using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>
/// The examples of RFC 4314 (ACL) in their order, on mailboxes of our own. Identifiers are addresses here; the groups of the examples ($team), rights that
/// are tied to others or always granted, and an owner without rights are what other servers may have.
/// </summary>
[Collection("imap")]
public sealed class Rfc4314Tests(ImapFixture fixture)
{
    private readonly string _domain = $"{Guid.NewGuid():n}.example"; // what is shared with anyone stays in it

    [Fact]
    public async Task Section_2_1_1_obsolete_rights()
    {
        var (fred, david, byron) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var client = await fred.LogInAsync("CREATE INBOX/Drafts");
        await client.PlayAsync($"""
            C: A001 SeTacl INBOX/Drafts {david.Address} lrswida
            S: A001 OK SETACL completed
            C: A002 getacl INBOX/Drafts
            S: * ACL INBOX/Drafts {fred.Address} lrswipkxtecda {david.Address} lrswiteda
            S: A002 OK GETACL completed
            C: A003 Setacl INBOX/Drafts {byron.Address} lrswikda
            S: A003 OK SETACL completed
            C: A004 DELETEACL INBOX/Drafts {david.Address}
            S: A004 OK DELETEACL completed
            C: A005 getAcl INBOX/Drafts
            S: * ACL INBOX/Drafts {fred.Address} lrswipkxtecda {byron.Address} lrswiktecda
            S: A005 OK GETACL completed
            """);
    }

    [Fact]
    public async Task Section_3_1()
    {
        var (fred, chris, john) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var client = await fred.LogInAsync("CREATE INBOX/Drafts");
        await client.DoAsync($"SETACL INBOX/Drafts {chris.Address} lrswi");
        await client.PlayAsync($"""
            C: A001 GETACL INBOX/Drafts
            S: * ACL INBOX/Drafts {fred.Address} lrswipkxtecda {chris.Address} lrswi
            S: A001 OK GETACL completed
            C: A002 SETACL INBOX/Drafts {chris.Address} +cda
            S: A002 OK SETACL completed
            C: A003 GETACL INBOX/Drafts
            S: * ACL INBOX/Drafts {fred.Address} lrswipkxtecda {chris.Address} lrswikxtecda
            S: A003 OK GETACL completed
            C: A035 SETACL INBOX/Drafts {john.Address} lrQswicda
            S: A035 BAD …
            C: A036 SETACL INBOX/Drafts {john.Address} lrqswicda
            S: A036 BAD q is no right …
            C: A037 GETACL INBOX/Drafts
            S: * ACL INBOX/Drafts {fred.Address} lrswipkxtecda {chris.Address} lrswikxtecda
            S: A037 OK GETACL completed
            """);
    }

    [Fact]
    public async Task Section_3_2_the_negative_entry_is_another_one()
    {
        var (owner, fred) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var client = await owner.LogInAsync($"SETACL INBOX {fred.Address} rwipslxetad");
        await client.DoAsync($"SETACL INBOX -{fred.Address} wetd");
        await client.DoAsync("SETACL INBOX anyone w");
        await client.PlayAsync($"""
            C: B001 getacl INBOX
            S: * ACL INBOX {owner.Address} lrswipkxtecda anyone w {fred.Address} lrswipxtecda -{fred.Address} wted
            S: B001 OK GETACL completed
            C: B002 DeleteAcl INBOX {fred.Address}
            S: B002 OK DELETEACL completed
            C: B003 GETACL INBOX
            S: * ACL INBOX {owner.Address} lrswipkxtecda anyone w -{fred.Address} wted
            S: B003 OK GETACL completed
            """);
    }

    [Fact]
    public async Task Sections_3_3_to_3_5()
    {
        var (fred, smith) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var client = await fred.LogInAsync("CREATE archive/imap");
        await client.PlayAsync($"""
            C: A002 GETACL INBOX
            S: * ACL INBOX {fred.Address} lrswipkxtecda
            S: A002 OK GETACL completed
            C: a001 LISTRIGHTS archive/imap {smith.Address}
            S: * LISTRIGHTS archive/imap {smith.Address} "" l r s w i p k x t e c d a
            S: a001 OK LISTRIGHTS completed
            C: a005 listrights archive/imap anyone
            S: * LISTRIGHTS archive/imap anyone "" l r s w i p k x t e c d a
            S: a005 OK LISTRIGHTS completed
            C: A003 MYRIGHTS INBOX
            S: * MYRIGHTS INBOX lrswipkxtecda
            S: A003 OK MYRIGHTS completed
            """);
    }

    // Section 4: COPY takes the flags along that the rights in the target let it
    [Theory]
    [InlineData("rwis", "\\Draft", "\\Answered", "\\Seen $Forwarded")]
    [InlineData("rsti", "\\Deleted", "", "\\Seen")]
    public async Task Section_4_copied_flags(string rights, string first, string second, string third)
    {
        var (owner, user) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var theirs = await owner.LogInAsync("CREATE TargetMailbox");
        await theirs.DoAsync($"SETACL TargetMailbox {user.Address} {rights}");
        await user.DeliverToAsync("INBOX", "Subject: 1\n\n", FlagSet.Of(SystemFlags.Draft | SystemFlags.Deleted));
        await user.DeliverToAsync("INBOX", "Subject: 2\n\n", FlagSet.Of(SystemFlags.Answered));
        await user.DeliverToAsync("INBOX", "Subject: 3\n\n", FlagSet.Of(SystemFlags.Seen, "$Forwarded"));
        var target = $"\"Other Users/{owner.Address}/TargetMailbox\"";
        using var client = await user.LogInAsync("SELECT INBOX");
        (await client.DoAsync($"MYRIGHTS {target}")).ShouldHaveSingleItem().Split(' ')[^1].Replace("d", "", StringComparison.Ordinal).ShouldBe(rights, ignoreOrder: true);
        await client.PlayAsync($"""
            C: A005 COPY 1:3 {target}
            S: A005 OK [COPYUID … 1:3 1:3] COPY completed
            """);
        await theirs.DoAsync("EXAMINE TargetMailbox");
        var flags = (await theirs.DoAsync("FETCH 1:3 (FLAGS)"))
            .ConvertAll(static line => line.Replace(" \\Recent", "", StringComparison.Ordinal).Replace("\\Recent", "", StringComparison.Ordinal));
        flags.ShouldBe([$"* 1 FETCH (FLAGS ({first}))", $"* 2 FETCH (FLAGS ({second}))", $"* 3 FETCH (FLAGS ({third}))"]);
    }

    [Fact]
    public async Task Section_5_select_and_myrights_in_a_row()
    {
        var (owner, user) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        using var theirs = await owner.LogInAsync($"SETACL INBOX {user.Address} lrwis");
        using var client = await user.LogInAsync();
        (await client.DoAsync("CAPABILITY")).ShouldHaveSingleItem().Split(' ').ShouldContain("RIGHTS=texk");
        var box = $"\"Other Users/{owner.Address}/INBOX\"";
        await client.PlayAsync($"""
            C: A142 SELECT {box}
            C: A143 MYRIGHTS {box}
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
            S: * OK [PERMANENTFLAGS (\Answered \Flagged \Seen \Draft \*)] …
            S: * 0 EXISTS
            S: * 0 RECENT
            S: * OK [UIDVALIDITY …
            S: * OK [UIDNEXT 1] …
            S: * OK [HIGHESTMODSEQ …
            S: * OK [MAILBOXID (…)] Stays through RENAME
            S: A142 OK [READ-WRITE] SELECT completed
            S: * MYRIGHTS {box} lrswi
            S: A143 OK MYRIGHTS completed
            """);
    }
}
