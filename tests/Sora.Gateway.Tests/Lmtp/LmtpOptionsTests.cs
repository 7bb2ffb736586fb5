using Sora.Gateway.Lmtp;

namespace Sora.Gateway.Tests.Lmtp;

public sealed class LmtpOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => new LmtpOptions().Validate().ShouldBeEmpty();

    [Fact]
    public void Each_bad_value_is_named()
    {
        var options = new LmtpOptions
        {
            Listen = ["nowhere"],
            TlsListen = ["1.2.3.4"],
            TrustedNetworks = ["10.0.0.1/8x"],
            RecipientDelimiter = "a",
            HostName = "two words",
            DefaultDomain = ".",
        };
        options.Validate().Select(message => message[..message.IndexOf(' ', StringComparison.Ordinal)])
            .ShouldBe(["listen", "tls_listen", "trusted_networks", "recipient_delimiter", "host_name", "default_domain"]);
    }
}
