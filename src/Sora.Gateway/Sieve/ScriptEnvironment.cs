using System.Net;
using System.Net.Sockets;
using Sora.Contracts;

namespace Sora.Gateway.Sieve;

/// <summary>Where a delivery's scripts run: the items of environment (RFC 5183 section 4.1) that are the same for all recipients.</summary>
/// <param name="HostName">This host.</param>
/// <param name="RemoteHost">What the client called itself; empty when there is none.</param>
/// <param name="RemoteAddress">The client's address, or null.</param>
public sealed record ScriptEnvironment(string HostName, string RemoteHost, IPAddress? RemoteAddress)
{
    private static readonly string ProductVersion = typeof(ScriptEnvironment).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <summary>An item by its name in small letters; null when it is not known.</summary>
    internal string? Get(string item, string primaryAddress) => item switch
    {
        "domain" => DomainOf(HostName) ?? primaryAddress[(primaryAddress.LastIndexOf('@') + 1)..],
        "host" => HostName,
        "location" => "MDA",
        "phase" => "during",
        "name" => "Sora",
        "version" => ProductVersion,
        "remote-host" => RemoteHost.StartsWith('[') ? "" : RemoteHost,
        "remote-ip" => RemoteAddress is { } address ? Literal(address) : "",
        "vnd.dovecot.default-mailbox" => MailboxName.Inbox.Value,
        "vnd.dovecot.username" => primaryAddress,
        _ => null,
    };

    private static string? DomainOf(string host) => host.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && !host.StartsWith('[') ? host[(dot + 1)..] : null;

    // IPv6-address-literal has its tag (RFC 2821 section 4.1.3)
    private static string Literal(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4().ToString()
        : address.AddressFamily == AddressFamily.InterNetworkV6 ? $"IPv6:{address}" : address.ToString();
}
