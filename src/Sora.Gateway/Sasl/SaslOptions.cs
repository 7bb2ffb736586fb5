using System.Net;
using Sora.Configuration;

namespace Sora.Gateway.Sasl;

/// <summary>[sasl]: how clients of all protocols log in.</summary>
[Section("How clients log in (SASL), the same for IMAP, POP3 and ManageSieve")]
public sealed class SaslOptions : IValidatableOptions
{
    [Option("Mechanisms that clients may use; they are told of those that can work on their connection")]
    public IReadOnlyList<string> Mechanisms { get; set; } =
        ["EXTERNAL", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "OAUTHBEARER", "XOAUTH2", "PLAIN", "LOGIN"];

    [Option("EXTERNAL: where the account's address stands in a client's certificate (see tls.client_certificates), in the order in which they are tried: \"email\" is the rfc822Name of its subjectAltName, \"cn\" the common name and \"subject_email\" the emailAddress of its subject", Reference = "RFC 4422 A")]
    public IReadOnlyList<ExternalName> ExternalNames { get; set; } = [ExternalName.Email];

    [Option("Protocols that a client's certificate logs in to by EXTERNAL: imap, pop3, managesieve")]
    public IReadOnlyList<string> ExternalProtocols { get; set; } = ["imap", "pop3", "managesieve"];

    [Option("Whether clients are told of SCRAM: \"auto\" when every account has the keys for it, so that no client chooses what cannot work; \"always\"; \"never\", which only hides it", Reference = "RFC 5802")]
    public ScramOffer Scram { get; set; } = ScramOffer.Auto;

    [Option("Say in SCRAM's own words why it failed (\"e=invalid-proof\"), before the protocol's answer; one round trip more, and some clients take it for a broken connection", Reference = "RFC 5802 5.1")]
    public bool ScramErrors { get; set; }

    [Option("How long the salt of SCRAM is held back, so that the time in which it is found does not tell whether there is such a user; auth_failure_delay if that is shorter")]
    [OptionRange("0s", "10s")]
    public TimeSpan ScramDelay { get; set; } = TimeSpan.FromMilliseconds(10);

    [Option("Primary addresses of accounts that may act for every other account, with their own password", Reference = "RFC 4616")]
    public IReadOnlyList<string> MasterUsers { get; set; } = [];

    [Option("Networks from which master_users may act for others")]
    public IReadOnlyList<string> MasterNetworks { get; set; } = ["127.0.0.0/8", "::1/128"];

    [Option("What separates account and master in a login name: \"*\" as in user@example.com*master, \"@\" as in user@example.com@master, or empty, which leaves the authorization identity of PLAIN and SCRAM")]
    public string MasterSeparator { get; set; } = "*";

    [Option("Names by which clients reach this server, for those that say with OAUTHBEARER which host they have connected to; empty for any", Reference = "RFC 7628 3.1", Example = "mail.example.com")]
    public IReadOnlyList<string> OauthHosts { get; set; } = [];

    [Option("Ports by which clients reach this server, for those that say with OAUTHBEARER which port they have connected to; empty for any", Reference = "RFC 7628 3.1", Example = "993")]
    public IReadOnlyList<int> OauthPorts { get; set; } = [];

    [Option("A session ends when the token does that it was begun with; the client then comes again with a new one")]
    public bool OauthEndsSessions { get; set; } = true;

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        foreach (var network in MasterNetworks)
        {
            if (!IPNetwork.TryParse(network, out _))
                yield return $"master_networks has \"{network}\", which is not a network such as 10.0.0.0/8";
        }

        if (ExternalNames.Count == 0 && Mechanisms.Contains("EXTERNAL", StringComparer.Ordinal))
            yield return "external_names must not be empty as long as mechanisms has \"EXTERNAL\"";
        foreach (var name in ExternalProtocols)
        {
            if (name is not ("imap" or "pop3" or "managesieve"))
                yield return $"external_protocols has \"{name}\", which is not one of imap, pop3, managesieve";
        }

        if (MasterSeparator is not ("" or "*" or "@"))
            yield return "master_separator must be \"*\", \"@\" or empty";
        foreach (var name in Mechanisms)
        {
            if (!SaslMechanisms.Known.Contains(name, StringComparer.Ordinal))
                yield return $"mechanisms has \"{name}\", which is not one of {string.Join(", ", SaslMechanisms.Known)}";
        }
    }
}

/// <summary>Where an address stands in a certificate.</summary>
public enum ExternalName
{
    Email,
    Cn,
    SubjectEmail,
}

/// <summary>When SCRAM is offered.</summary>
public enum ScramOffer
{
    Auto,
    Always,
    Never,
}
