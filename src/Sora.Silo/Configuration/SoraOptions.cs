using System.Net;
using Sora.Configuration;
using Sora.Gateway.Connections;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Mailstore.Delivery;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Silo.Configuration;

/// <summary>Everything that config.toml may say: one property for each section.</summary>
public sealed class SoraOptions : IValidatableOptions
{
    public NodeOptions Node { get; set; } = new();

    public LogOptions Log { get; set; } = new();

    public DatabaseOptions Database { get; set; } = new();

    public MailboxOptions Mailboxes { get; set; } = new();

    public AccountOptions Accounts { get; set; } = new();

    public PasswordOptions Passwords { get; set; } = new();

    public DeliveryOptions Delivery { get; set; } = new();

    public ConnectionOptions Connections { get; set; } = new();

    // A server without TLS is of no use to most clients, so one that has no certificate yet makes itself one
    public TlsOptions Tls { get; set; } = new() { SelfSigned = true };

    public HttpOptions Http { get; set; } = new();

    public HealthOptions Health { get; set; } = new();

    public MetricsOptions Metrics { get; set; } = new();

    public ClusterOptions Cluster { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        var taken = new Dictionary<IPEndPoint, string>();
        foreach (var (key, address) in Addresses())
        {
            if (!ListenAddress.TryParse(address, out var endPoint) || endPoint.Port == 0)
                continue;
            if (!taken.TryAdd(endPoint, key))
                yield return $"{key} has '{address}', which {taken[endPoint]} has already";
        }
    }

    private IEnumerable<(string Key, string Address)> Addresses()
    {
        foreach (var address in Http.Listen)
            yield return ("http.listen", address);
    }
}
