using System.Text;

namespace Sora.Gateway.Tests.Imap;

[Collection("imap")]
public sealed class SecurityTests(ImapFixture fixture)
{
    [Fact]
    public async Task Starttls()
    {
        var user = await fixture.UserAsync();
        using var client = await fixture.ConnectAsync();
        await client.PlayAsync("""
            C: a STARTTLS
            S: a OK Begin TLS negotiation now
            """);
        await client.Socket.StartTlsAsync("imap");
        await client.PlayAsync($$"""
            C: b CAPABILITY
            S: * CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ENABLE ID IDLE AUTH=PLAIN
            S: b OK CAPABILITY completed
            C: c STARTTLS
            S: c BAD …
            C: d LOGIN {{user.Address}} secret
            S: d OK [CAPABILITY …] Logged in
            C: e STARTTLS
            S: e BAD …
            """);
    }

    [Fact]
    public async Task Commands_behind_starttls_are_never_run()
    {
        using var client = await fixture.ConnectAsync();
        await client.Socket.SendAsync("a STARTTLS\r\nb CAPABILITY\r\n");
        await client.PlayAsync("S: a OK Begin TLS negotiation now");
        while (await client.Socket.LineAsync() is { } line)
            line.ShouldNotStartWith("b ");
    }

    [Fact]
    public async Task Authenticate_plain()
    {
        var user = await fixture.UserAsync();
        var response = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user.Address}\0secret"));
        var forOther = Convert.ToBase64String(Encoding.UTF8.GetBytes($"other@example.com\0{user.Address}\0secret"));
        using var client = await fixture.ConnectAsync();
        await client.PlayAsync($$"""
            C: a AUTHENTICATE PLAIN
            S: + 
            C: *
            S: a BAD AUTHENTICATE cancelled
            C: b AUTHENTICATE PLAIN {{forOther}}
            S: b NO [AUTHORIZATIONFAILED] …
            C: c AUTHENTICATE PLAIN {{response}}
            S: c OK [CAPABILITY …] Logged in
            """);
        using var other = await fixture.ConnectAsync();
        await other.PlayAsync($$"""
            C: a AUTHENTICATE plain
            S: + 
            C: {{response}}
            S: a OK [CAPABILITY …] Logged in
            """);
    }
}
