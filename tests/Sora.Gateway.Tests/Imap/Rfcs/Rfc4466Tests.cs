namespace Sora.Gateway.Tests.Imap;

/// <summary>RFC 4466: what may stand behind the arguments of the old commands, in which form, and what is nobody's is BAD and changes nothing.</summary>
[Collection("imap")]
public sealed class Rfc4466Tests(ImapFixture fixture)
{
    [Theory]
    [InlineData("SELECT INBOX (UNKNOWN)")]
    [InlineData("SELECT INBOX (UNKNOWN 5)")]
    [InlineData("SELECT INBOX (UNKNOWN (a (b c)))")]
    [InlineData("SELECT INBOX CONDSTORE")]
    [InlineData("SELECT INBOX ()")]
    [InlineData("SELECT INBOX (CONDSTORE")]
    [InlineData("EXAMINE INBOX (CONDSTORE )")]
    [InlineData("CREATE x (UNKNOWN)")]
    [InlineData("CREATE x (USE)")]
    [InlineData("CREATE x ()")]
    [InlineData("CREATE x (USE (\\Sent) UNKNOWN 1)")]
    [InlineData("RENAME INBOX x (UNKNOWN)")]
    [InlineData("DELETE Trash (UNKNOWN)")]
    [InlineData("FETCH 1 UID (UNKNOWN)")]
    [InlineData("FETCH 1 UID (CHANGEDSINCE)")]
    [InlineData("FETCH 1 UID (CHANGEDSINCE 1 UNKNOWN 2)")]
    [InlineData("FETCH 1 UID CHANGEDSINCE 1")]
    [InlineData("FETCH 1 UID ()")]
    [InlineData("FETCH 1 (UNKNOWN)")]
    [InlineData("FETCH 1 ()")]
    [InlineData("STORE 1 (UNKNOWN) +FLAGS (\\Seen)")]
    [InlineData("STORE 1 (UNKNOWN 3) +FLAGS (\\Seen)")]
    [InlineData("STORE 1 (UNCHANGEDSINCE) +FLAGS (\\Seen)")]
    [InlineData("STORE 1 (UNCHANGEDSINCE 9 UNCHANGEDSINCE 9) +FLAGS (\\Seen)")]
    [InlineData("STORE 1 () +FLAGS (\\Seen)")]
    [InlineData("STORE 1 +FLAGS (\\Seen) (UNCHANGEDSINCE 9)")]
    [InlineData("STORE 1 ANNOTATION (/x (value \"y\"))")]
    [InlineData("SEARCH RETURN (UNKNOWN) ALL")]
    [InlineData("SEARCH RETURN (MIN UNKNOWN (1 2)) ALL")]
    [InlineData("SEARCH RETURN (MIN)")]
    [InlineData("SEARCH RETURN")]
    [InlineData("SEARCH RETURN(MIN) ALL")]
    [InlineData("SEARCH CHARSET UTF-8 RETURN (MIN) ALL")]
    [InlineData("UID SEARCH UNKNOWN x")]
    [InlineData("SORT RETURN (UNKNOWN) (DATE) UTF-8 ALL")]
    [InlineData("SORT (DATE UNKNOWN) UTF-8 ALL")]
    [InlineData("STATUS INBOX (UNKNOWN)")]
    [InlineData("STATUS INBOX ()")]
    [InlineData("LIST (UNKNOWN) \"\" *")]
    [InlineData("LIST \"\" * RETURN (UNKNOWN)")]
    [InlineData("LIST \"\" * RETURN (STATUS)")]
    [InlineData("APPEND INBOX UNKNOWN (1) {1+}\r\nx")]
    [InlineData("APPEND INBOX (\\Seen) UNKNOWN {1+}\r\nx")]
    [InlineData("UID EXPUNGE 1 (UNKNOWN)")]
    [InlineData("COPY 1 Trash (UNKNOWN)")]
    public async Task Unknown_modifiers(string command)
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: x\n\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        (await client.RunAsync(command)).Single().ShouldStartWith("BAD ", Case.Sensitive, command);
        (await client.DoAsync("FETCH 1 (UID FLAGS)")).ShouldBe(["* 1 FETCH (UID 1 FLAGS (\\Recent))"]);
        (await client.DoAsync("LIST \"\" x")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("SELECT INBOX (condstore)")]
    [InlineData("SELECT INBOX (CONDSTORE CONDSTORE)")]
    [InlineData("CREATE x (use (\\Important))")]
    [InlineData("FETCH 1 UID (changedsince 1)")]
    [InlineData("STORE 1 (unchangedsince 99) +flags.silent (\\Seen)")]
    [InlineData("SEARCH return (min MAX Count) all")]
    [InlineData("SEARCH RETURN (COUNT MIN COUNT) ALL")]
    [InlineData("sort return (count) (reverse date) utf-8 all")]
    [InlineData("LIST (subscribed) \"\" * return (children)")]
    [InlineData("STATUS INBOX (messages MESSAGES)")]
    public async Task Known_ones_in_any_case_and_order(string command)
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: x\n\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync(command);
    }
}
