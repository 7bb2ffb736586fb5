using System.Text;
using Sora.Gateway.Sasl;

namespace Sora.Gateway.Tests.Sasl;

/// <summary>client-resp (RFC 7628 section 3.1) and the form of XOAUTH2; ^ stands for kvsep.</summary>
public sealed class OAuthMessageTests
{
    [Theory]
    [InlineData("n,,^auth=Bearer abc^^", "", "abc", null, null)]
    [InlineData("y,,^auth=bEaReR  abc^^", "", "abc", null, null)]
    [InlineData("F,n,a=u=2Cs=3Der@example.com,^host=mail.example.com^port=143^auth=Bearer abc^^", "u,s=er@example.com", "abc", "mail.example.com", 143)]
    [InlineData("n,a=user@example.com,^auth=^^", "user@example.com", "", null, null)]
    [InlineData("n,a=user@example.com,^auth=Bearer^^", "user@example.com", "", null, null)]
    [InlineData("n,,^^", "", "", null, null)]
    [InlineData("n,,^other=a\tb\r\nc=d^auth=Bearer abc^qs=^^", "", "abc", null, null)]
    [InlineData("n,,^auth=Basic abc^^", "", null, null, null)]
    [InlineData("n,,^auth=Bearerabc^^", "", null, null, null)]
    [InlineData("n,,^port=65535^^", "", "", null, 65535)]
    public void Good_messages(string message, string user, string? token, string? host, int? port)
    {
        OAuthMessage.TryParseBearer(Bytes(message), out var parsed).ShouldBeTrue();
        (parsed!.AuthorizationId, parsed.Token, parsed.Host, parsed.Port).ShouldBe((user, token, host, port));
    }

    [Theory]
    [InlineData("")]
    [InlineData("^")]
    [InlineData("^^")]
    [InlineData("n,,")]
    [InlineData("n,,^")]
    [InlineData("n,,^auth=Bearer abc^")]
    [InlineData("n,,^auth=Bearer abc^^^")]
    [InlineData("n,,^auth=Bearer abc^^x")]
    [InlineData("n,^auth=Bearer abc^^")]
    [InlineData("n,,,^auth=Bearer abc^^")]
    [InlineData("x,,^auth=Bearer abc^^")]
    [InlineData("N,,^auth=Bearer abc^^")]
    [InlineData("p=tls-exporter,,^auth=Bearer abc^^")]
    [InlineData("n,user@example.com,^auth=Bearer abc^^")]
    [InlineData("n,a=,^auth=Bearer abc^^")]
    [InlineData("n,a=x=2Z,^auth=Bearer abc^^")]
    [InlineData("n,a=\u0000,^auth=Bearer abc^^")]
    [InlineData("n,,^auth=Bearer abc^auth=Bearer abc^^")]
    [InlineData("n,,^auth^^")]
    [InlineData("n,,^=x^^")]
    [InlineData("n,,^a1=x^^")]
    [InlineData("n,,^auth=Bearer \u00E4^^")]
    [InlineData("n,,^auth=Bearer \u0000^^")]
    [InlineData("n,,^host=^^")]
    [InlineData("n,,^host=a^host=a^^")]
    [InlineData("n,,^port=0143^^")]
    [InlineData("n,,^port=0^^")]
    [InlineData("n,,^port=-1^^")]
    [InlineData("n,,^port= 143^^")]
    [InlineData("n,,^port=65536^^")]
    [InlineData("n,,^port=^^")]
    [InlineData("user=user@example.com^auth=Bearer abc^^")]
    public void Bad_messages(string message) => OAuthMessage.TryParseBearer(Bytes(message), out _).ShouldBeFalse();

    [Theory]
    [InlineData("user=user@example.com^auth=Bearer abc^^", "user@example.com", "abc")]
    [InlineData("user=^auth=Bearer abc^^", "", "abc")]
    [InlineData("user=user@example.com^auth=^^", "user@example.com", "")]
    public void Good_messages_of_xoauth2(string message, string user, string token)
    {
        OAuthMessage.TryParseGoogle(Bytes(message), out var parsed).ShouldBeTrue();
        (parsed!.AuthorizationId, parsed.Token).ShouldBe((user, token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("user=user@example.com")]
    [InlineData("user=user@example.com^auth=Bearer abc^")]
    [InlineData("user=user@example.com^auth=Bearer abc^^x")]
    [InlineData("USER=user@example.com^auth=Bearer abc^^")]
    [InlineData("user=us\u0000er^auth=Bearer abc^^")]
    [InlineData("n,,^auth=Bearer abc^^")]
    public void Bad_messages_of_xoauth2(string message) => OAuthMessage.TryParseGoogle(Bytes(message), out _).ShouldBeFalse();

    [Fact]
    public void Nothing_throws()
    {
        var random = new Random(7628);
        var good = Bytes("F,n,a=user@example.com,^host=mail.example.com^port=143^auth=Bearer abc^^");
        for (var round = 0; round < 20_000; round++)
        {
            var message = good.AsSpan(0, random.Next(good.Length + 1)).ToArray();
            for (var change = random.Next(4); change > 0 && message.Length > 0; change--)
                message[random.Next(message.Length)] = (byte)(random.Next(3) == 0 ? 1 : random.Next(256));
            OAuthMessage.TryParseBearer(message, out var parsed).ShouldBe(parsed is not null);
            OAuthMessage.TryParseGoogle(message, out parsed).ShouldBe(parsed is not null);
        }
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text.Replace('^', '\u0001'));
}
