using Sora.Gateway.Connections;

namespace Sora.Gateway.Tests.Connections;

public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:24", "127.0.0.1:24")]
    [InlineData("[::1]:143", "[::1]:143")]
    [InlineData("*:993", "[::]:993")]
    [InlineData("localhost:0", "127.0.0.1:0")]
    [InlineData("127.0.0.1", null)]
    [InlineData("::1:143", null)]
    [InlineData("example.org:24", null)]
    [InlineData("127.0.0.1:65536", null)]
    [InlineData("127.0.0.1:-1", null)]
    [InlineData("[127.0.0.1:24", null)]
    [InlineData(":24", null)]
    [InlineData("", null)]
    public void An_address_has_a_host_and_a_port(string text, string? expected)
    {
        ListenAddress.TryParse(text, out var endPoint).ShouldBe(expected is not null);
        endPoint?.ToString().ShouldBe(expected);
    }
}
