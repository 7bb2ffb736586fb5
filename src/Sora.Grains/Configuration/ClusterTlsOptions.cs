using Sora.Configuration;

namespace Sora.Grains.Configuration;

/// <summary>[cluster.tls]: TLS between the nodes.</summary>
[Section("TLS between the nodes: each shows the other a certificate of one authority")]
public sealed class ClusterTlsOptions : IValidatableOptions
{
    [Option("Encrypt what nodes say to each other, and let in only those that have a certificate of ca_file")]
    public bool Enabled { get; set; }

    [Option("PEM file of this node's certificate, for servers and clients; it names server_name", Example = "/etc/sora/node.pem")]
    public string? CertFile { get; set; }

    [Option("PEM file of its private key", Example = "/etc/sora/node.key")]
    public string? KeyFile { get; set; }

    [Option("PEM file of the authorities that issue the nodes' certificates, and nothing else", Example = "/etc/sora/cluster-ca.pem")]
    public string? CaFile { get; set; }

    [Option("Name that the nodes' certificates are for, the same for all nodes")]
    public string ServerName { get; set; } = "sora-cluster";

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (!Enabled)
            yield break;
        if (CertFile is null || KeyFile is null || CaFile is null)
            yield return "enabled needs cert_file, key_file and ca_file";
        if (string.IsNullOrEmpty(ServerName))
            yield return "server_name must not be empty";
    }
}
