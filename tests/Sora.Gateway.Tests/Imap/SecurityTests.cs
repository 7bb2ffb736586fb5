using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;

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
            S: * CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ENABLE ID IDLE AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1-PLUS AUTH=SCRAM-SHA-1 AUTH=PLAIN AUTH=LOGIN
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

    /// <summary>As the attack goes: somebody in between puts a command before the client's own handshake.</summary>
    [Theory]
    [InlineData("b CAPABILITY\r\n")]
    [InlineData("b LOGIN evil secret\r\nc SELECT INBOX\r\n")]
    [InlineData("\u0016\u0003\u0001\u0000\u0010b CAPABILITY\r\n")]
    public async Task A_handshake_behind_an_injected_command_fails(string injected)
    {
        using var client = await fixture.ConnectAsync();
        await client.Socket.SendAsync("a STARTTLS\r\n" + injected);
        await client.PlayAsync("S: a OK Begin TLS negotiation now");
        await Should.ThrowAsync<Exception>(client.Socket.StartTlsAsync());
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

    [Fact]
    public async Task Passwords_are_not_taken_in_the_clear_from_other_machines()
    {
        var input = new Pipe();
        var output = new Pipe();
        var context = new DefaultConnectionContext("elsewhere")
        {
            Transport = new DuplexPipe(input.Reader, output.Writer),
            RemoteEndPoint = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 4711),
            LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 143),
        };
        await input.Writer.WriteAsync("a CAPABILITY\r\nb LOGIN x y\r\nc AUTHENTICATE PLAIN AHgAeQ==\r\nd LOGOUT\r\n"u8.ToArray());
        await fixture.ServeAsync(context);
        await output.Writer.CompleteAsync();
        using var reader = new StreamReader(output.Reader.AsStream());
        var answers = (await reader.ReadToEndAsync()).Split("\r\n");
        answers[0].ShouldContain(" STARTTLS LOGINDISABLED]");
        answers[1].ShouldEndWith(" STARTTLS LOGINDISABLED");
        answers[3].ShouldStartWith("b NO [PRIVACYREQUIRED]");
        answers[4].ShouldStartWith("c NO [PRIVACYREQUIRED]");
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
