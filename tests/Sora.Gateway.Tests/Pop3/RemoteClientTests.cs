using Sora.Gateway.Pop3;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Pop3;

/// <summary>A client that is not on this machine must use TLS before it sends a password (RFC 8314 section 4.1).</summary>
[Collection("pop3")]
public sealed class RemoteClientTests(Pop3Fixture pop3)
{
    [Fact]
    public async Task Passwords_need_tls()
    {
        var user = await pop3.UserAsync();
        var lines = await new RemoteConnection().PlayAsync(
            pop3.Gateway, $"CAPA\r\nAUTH\r\nUSER {user}\r\nPASS secret\r\nAUTH PLAIN {Pop3Fixture.Plain(user)}\r\nQUIT\r\n");
        lines.ShouldContain("STLS");
        lines.ShouldNotContain("USER");
        lines.ShouldNotContain("PLAIN");
        lines.ShouldNotContain("SASL PLAIN");
        lines.Count(static line => line == "-ERR Use STLS, or the port with TLS, before you send a password").ShouldBe(3);
        lines.Count(static line => line.StartsWith("+OK", StringComparison.Ordinal)).ShouldBe(4, string.Join('\n', lines));
    }

    [Fact]
    public async Task An_operator_may_allow_them()
    {
        await using var gateway = await pop3.StartAsync(new Pop3Options { AllowPlaintextAuth = true });
        var lines = await new RemoteConnection().PlayAsync(gateway, $"USER {await pop3.UserAsync()}\r\nPASS secret\r\nQUIT\r\n");
        lines.ShouldContain("+OK maildrop has 0 messages (0 octets)");
    }
}
