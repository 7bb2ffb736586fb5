namespace Sora.Gateway.Tests.Imap;

/// <summary>The examples of RFC 5464 (METADATA) in their order. What is asked for at once is answered in one response here, and entries below another one in order of their names.</summary>
[Collection("imap")]
public sealed class Rfc5464Tests(ImapFixture fixture)
{
    [Fact]
    public async Task Section_4_2()
    {
        var user = await fixture.UserAsync();
        using var admin = await fixture.AdministratorAsync();
        await admin.DoAsync("SETMETADATA \"\" (/shared/comment \"Shared comment\")");
        using var client = await user.LogInAsync("SETMETADATA INBOX (/private/comment \"My own comment\" /shared/comment \"Shared comment\")");
        await client.PlayAsync("""
            C: a GETMETADATA "" /shared/comment
            S: * METADATA "" (/shared/comment "Shared comment")
            S: a OK GETMETADATA completed
            C: b GETMETADATA "INBOX" /private/comment
            S: * METADATA INBOX (/private/comment "My own comment")
            S: b OK GETMETADATA completed
            C: c GETMETADATA "INBOX" (/shared/comment /private/comment)
            S: * METADATA INBOX (/shared/comment "Shared comment" /private/comment "My own comment")
            S: c OK GETMETADATA completed
            """);
        await admin.DoAsync("SETMETADATA \"\" (/shared/comment NIL)");
    }

    // Options stand behind the mailbox in the examples and before it in the grammar
    [Theory]
    [InlineData("\"INBOX\" (MAXSIZE 1024) (/shared/comment /private/comment)")]
    [InlineData("(MAXSIZE 1024) \"INBOX\" (/shared/comment /private/comment)")]
    public async Task Section_4_2_1(string arguments)
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync($"SETMETADATA INBOX (/private/comment \"My own comment\" /shared/comment \"{new string('x', 2199)}\")");
        await client.PlayAsync($"""
            C: a GETMETADATA {arguments}
            S: * METADATA INBOX (/private/comment "My own comment")
            S: a OK [METADATA LONGENTRIES 2199] GETMETADATA completed
            """);
    }

    [Theory]
    [InlineData("\"INBOX\" (DEPTH 1) (/private/filters/values)")]
    [InlineData("(DEPTH 1) \"INBOX\" (/private/filters/values)")]
    public async Task Section_4_2_2(string arguments)
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("""
            SETMETADATA INBOX (/private/filters/values/small "SMALLER 5000" /private/filters/values/boss "FROM \"boss@example.com\"" /private/filters/values/a/b "no")
            """);
        await client.PlayAsync($"""
            C: a GETMETADATA {arguments}
            S: * METADATA INBOX (/private/filters/values/boss "FROM \"boss@example.com\"" /private/filters/values/small "SMALLER 5000")
            S: a OK GETMETADATA completed
            """);
    }

    [Fact]
    public async Task Section_4_3()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await client.PlayAsync("""
            C: a SETMETADATA INBOX (/private/comment {33}
            S: + …
            C: My new comment across
            C: two lines.)
            S: a OK SETMETADATA completed
            C: a2 GETMETADATA INBOX /private/comment
            S: * METADATA INBOX (/private/comment {33}
            S: My new comment across
            S: two lines.)
            S: a2 OK GETMETADATA completed
            C: b SETMETADATA INBOX (/private/comment NIL)
            S: b OK SETMETADATA completed
            C: b2 GETMETADATA INBOX /private/comment
            S: * METADATA INBOX (/private/comment NIL)
            S: b2 OK GETMETADATA completed
            C: c SETMETADATA INBOX (/private/comment "My new comment" /shared/comment "This one is for you!")
            S: c OK SETMETADATA completed
            C: c2 GETMETADATA INBOX (/private/comment /shared/comment)
            S: * METADATA INBOX (/private/comment "My new comment" /shared/comment "This one is for you!")
            S: c2 OK GETMETADATA completed
            """);
    }

    [Fact]
    public async Task Section_4_3_too_many()
    {
        var user = await fixture.UserAsync();
        var ten = string.Join(' ', Enumerable.Range(0, 10).Select(i => $"/shared/e{i} \"{i}\""));
        using var client = await user.LogInAsync($"SETMETADATA INBOX ({ten})");
        await client.PlayAsync("""
            C: a SETMETADATA INBOX (/private/comment "My new comment")
            S: a NO [METADATA TOOMANY] …
            C: b GETMETADATA INBOX /private/comment
            S: * METADATA INBOX (/private/comment NIL)
            S: b OK GETMETADATA completed
            """);
    }

    [Fact]
    public async Task Section_4_4_1()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("SETMETADATA INBOX (/private/comment \"My comment\" /shared/comment \"Its sunny outside!\")");
        await client.PlayAsync("""
            C: a GETMETADATA "INBOX" /private/comment /shared/comment
            S: * METADATA INBOX (/private/comment "My comment" /shared/comment "Its sunny outside!")
            S: a OK GETMETADATA completed
            """);
    }

    [Fact]
    public async Task Section_4_4_2()
    {
        var user = await fixture.UserAsync();
        using var admin = await fixture.AdministratorAsync();
        using var client = await user.LogInAsync("ENABLE METADATA METADATA-SERVER");
        using var other = await user.LogInAsync();
        await admin.DoAsync("SETMETADATA \"\" (/shared/comment \"x\")");
        await client.PlayAsync("""
            C: a NOOP
            S: * METADATA "" /shared/comment
            S: a OK NOOP completed
            """);
        await other.DoAsync("SETMETADATA INBOX (/shared/comment \"x\" /private/comment \"y\")");
        await client.PlayAsync("""
            C: b NOOP
            S: * METADATA INBOX /shared/comment /private/comment
            S: b OK NOOP completed
            """);
        await admin.DoAsync("SETMETADATA \"\" (/shared/comment NIL)");
    }

    // Section 3.2: what an entry's name may not have makes any command BAD
    [Theory]
    [InlineData("\"/shared/a\u0001b\"")]
    [InlineData("\"/shared/a\u0019b\"")]
    [InlineData("\"/shared/caf\u00e9\"")]
    [InlineData("/shared//a")]
    [InlineData("/shared/a/")]
    [InlineData("\"/shared/a*\"")]
    [InlineData("\"/shared/a%\"")]
    [InlineData("\"\"")]
    [InlineData("/")]
    public async Task Section_3_2_names(string entry)
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        (await client.RunAsync($"SETMETADATA INBOX ({entry} \"x\")"))[^1].ShouldStartWith("BAD ");
        (await client.RunAsync($"GETMETADATA INBOX {entry}"))[^1].ShouldStartWith("BAD ");
        (await client.RunAsync($"LIST \"\" INBOX RETURN (METADATA ({entry}))"))[^1].ShouldStartWith("BAD ");
    }
}
