namespace Sora.Gateway.Tests.Imap;

/// <summary>BINARY (RFC 3516): what literal8 brings in comes back by BINARY, and readable by everything else.</summary>
[Collection("imap")]
public sealed class BinaryTests(ImapFixture fixture)
{
    [Fact]
    public async Task A_part_with_nuls_is_base64_for_body_and_itself_for_binary()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await AppendAsync(client, """
            Subject: x
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=b

            --b

            text
            --b
            Content-Transfer-Encoding: binary

            1@@ÿ2
            --b--

            """.ReplaceLineEndings("\r\n").Replace('@', '\0'));
        await client.DoAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: b FETCH 1 (RFC822.SIZE BODYSTRUCTURE)
            S: * 1 FETCH (RFC822.SIZE 148 BODYSTRUCTURE (("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 4 0 NIL NIL NIL NIL)("text" "plain" ("charset" "us-ascii") NIL NIL "base64" 8 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL))
            S: b OK …
            C: c FETCH 1 BODY.PEEK[]
            S: * 1 FETCH (BODY[] {148}
            S: Subject: x
            S: MIME-Version: 1.0
            S: Content-Type: multipart/mixed; boundary=b
            S: 
            S: --b
            S: 
            S: text
            S: --b
            S: Content-Transfer-Encoding: base64
            S: 
            S: MQAA/zI=
            S: --b--
            S: )
            S: c OK …
            C: d FETCH 1 (BODY.PEEK[2] BINARY.SIZE[2] BINARY.PEEK[1] BINARY.PEEK[2]<1.2> BINARY.PEEK[2]<4.9>)
            S: * 1 FETCH (BODY[2] {8}
            S: MQAA/zI= BINARY.SIZE[2] 5 BINARY[1] {4}
            S: text BINARY[2]<1> ~{2}
            """ + "\nS: \0\0 BINARY[2]<4> ~{1}\nS: 2)\n" + """
            S: d OK …
            C: e FETCH 1 BINARY[2]
            """ + "\nS: * 1 FETCH (BINARY[2] ~{5}\nS: 1\0\0\u00ff2 FLAGS (\\Seen \\Recent))\n" + """
            S: e OK …
            C: f FETCH 1 (BINARY.PEEK[3] BINARY.PEEK[1.1])
            S: * 1 FETCH (BINARY[3] NIL BINARY[1.1] NIL)
            S: f OK …
            """);
    }

    [Fact]
    public async Task What_has_no_nul_is_stored_as_it_came()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await AppendAsync(client, "Content-Transfer-Encoding: binary\r\n\r\n\u00fe\r\u00ff\nz\r\n");
        await client.DoAsync("SELECT INBOX");
        await client.Socket.SendAsync("b FETCH 1 (BODY.PEEK[1] BINARY.PEEK[1])\r\n");
        (await client.Socket.LineAsync()).ShouldBe("* 1 FETCH (BODY[1] {7}");
        (await client.Socket.LineAsync()).ShouldBe("\u00fe\r\u00ff\nz");
        (await client.Socket.LineAsync()).ShouldBe(" BINARY[1] {7}");
        (await client.Socket.LineAsync()).ShouldBe("\u00fe\r\u00ff\nz");
        (await client.Socket.LineAsync()).ShouldBe(")");
    }

    private static async Task AppendAsync(ImapClient client, string message)
    {
        await client.Socket.SendAsync($"a APPEND INBOX ~{{{message.Length}+}}\r\n{message}\r\n");
        (await client.Socket.LineAsync())!.ShouldStartWith("a OK [APPENDUID ");
    }
}
