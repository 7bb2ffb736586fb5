using System.Net;
using Sora.Configuration;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Lmtp;

/// <summary>[lmtp]: where mail comes in.</summary>
[Section("LMTP: where mail comes in (RFC 2033)")]
public sealed class LmtpOptions : ProtocolOptions
{
    /// <summary>All mail may come from one host.</summary>
    public LmtpOptions()
        : base("127.0.0.1:24", null, maxConnections: 1000) => MaxConnectionsPerIp = 0;

    [Option("Name of this host in the greeting and in Received fields; by default the machine's own", Example = "mail.example.org")]
    public string? HostName { get; set; }

    [Option("Networks whose hosts may deliver: LMTP knows no passwords; an empty list lets nobody in")]
    public IReadOnlyList<string> TrustedNetworks { get; set; } =
        ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"];

    [Option("Largest message", Reference = "RFC 1870")]
    [OptionRange("64KiB", "4GiB")]
    public ByteSize MaxMessageSize { get; set; } = ByteSize.MiB(50);

    [Option("Recipients in one transaction", Reference = "RFC 5321 4.5.3.1.8")]
    [OptionRange(100, 100_000)]
    public int MaxRecipients { get; set; } = 1000;

    [Option("Characters that end the user's part of an address and begin the detail; empty for no details", Reference = "RFC 5233")]
    public string RecipientDelimiter { get; set; } = "+";

    [Option("Domain of recipients that are given without one", Reference = "RFC 5321 4.1.1.3", Example = "example.org")]
    public string? DefaultDomain { get; set; }

    [Option("Received fields at which a message is taken to be in a loop", Reference = "RFC 5321 6.3")]
    [OptionRange(10, 1000)]
    public int MaxReceived { get; set; } = 100;

    [Option("Longest command line", Reference = "RFC 5321 4.5.3.1.4")]
    [OptionRange("1KiB", "64KiB")]
    public ByteSize MaxLine { get; set; } = ByteSize.KiB(4);

    [Option("Protocol errors after which a session is ended")]
    [OptionRange(1, 10_000)]
    public int MaxErrors { get; set; } = 20;

    [Option("How long a client may take for its next command", Reference = "RFC 5321 4.5.3.2.7")]
    [OptionRange("1s", "1d")]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromMinutes(5);

    [Option("How long a client may take for the next block of a message", Reference = "RFC 5321 4.5.3.2.5")]
    [OptionRange("1s", "1d")]
    public TimeSpan DataTimeout { get; set; } = TimeSpan.FromMinutes(3);

    [Option("How long finding a recipient's account may take before the answer is 451", Reference = "RFC 5321 4.5.3.2.3")]
    [OptionRange("1s", "5m")]
    public TimeSpan LookupTimeout { get; set; } = TimeSpan.FromSeconds(30);

    [Option("How long storing a message may take before the answer is 451", Reference = "RFC 5321 4.5.3.2.6")]
    [OptionRange("1s", "10m")]
    public TimeSpan DeliveryTimeout { get; set; } = TimeSpan.FromMinutes(5);

    [Option("Answer 452 4.2.2 for a recipient whose quota is used up, so that the sender tries again, instead of 552 5.2.2")]
    public bool QuotaFullTempfail { get; set; }

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        foreach (var message in base.Validate().Concat(NetworkSet.Check("trusted_networks", TrustedNetworks)))
            yield return message;
        foreach (var c in RecipientDelimiter)
            if (char.IsAsciiLetterOrDigit(c) || c is '@' or '.' or '"' or <= ' ' or > '~')
                yield return $"recipient_delimiter must not have '{c}'";
        if (HostName is { } host && !LmtpAddressParser.IsHostName(host))
            yield return "host_name must be a host name or an address literal";
        if (DefaultDomain is { } domain && !LmtpAddressParser.IsHostName(domain))
            yield return "default_domain must be a domain";
    }
}
