using System.Net;
using Sora.Configuration;
using Sora.Gateway.Connections;

namespace Sora.Silo.Configuration;

/// <summary>[http]: the administrative listener.</summary>
[Section("HTTP for operators: /health, /health/livez, /health/readyz, /metrics, /cluster/status, /cluster/nodes, /cluster/where, /maintenance/enter, /maintenance/exit, /dashboard/")]
public sealed class HttpOptions : IValidatableOptions
{
    [Option("Addresses to listen on; an empty list switches it off")]
    public IReadOnlyList<string> Listen { get; set; } = ["127.0.0.1:8080"];

    [Option("Networks whose hosts are answered; others get 403")]
    public IReadOnlyList<string> AllowedNetworks { get; set; } = ["127.0.0.0/8", "::1/128"];

    [Option("Whoever asks for /cluster or /maintenance must show this as a bearer token; without it, whoever allowed_networks lets in may. /dashboard/ takes it as a password too", Secret = true, Example = "secret")]
    public string? Token { get; set; }

    [Option("Connections at once")]
    [OptionRange(1, 100_000)]
    public int MaxConnections { get; set; } = 200;

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        foreach (var address in Listen)
        {
            if (!ListenAddress.TryParse(address, out _))
                yield return $"listen has '{address}', which is not an address with a port such as \"127.0.0.1:8080\" or \"*:8080\"";
        }

        foreach (var network in AllowedNetworks)
        {
            if (!IPNetwork.TryParse(network, out _))
                yield return $"allowed_networks has '{network}', which is not a network such as \"10.0.0.0/8\"";
        }
    }
}

/// <summary>[health]: what GET /health looks at.</summary>
[Section("The checks behind /health")]
public sealed class HealthOptions
{
    [Option("How long one check may take before it counts as failed")]
    [OptionRange("10ms", "1m")]
    public TimeSpan CheckTimeout { get; set; } = TimeSpan.FromSeconds(2);

    [Option("How long all checks together may take")]
    [OptionRange("10ms", "5m")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    [Option("Free space in the data folder below which /health says degraded")]
    [OptionRange("0", "1024TiB")]
    public ByteSize MinFreeSpace { get; set; } = ByteSize.GiB(1);
}
