using Sora.Configuration;

namespace Sora.Mailstore.Certificates;

/// <summary>[tls_store]: certificates that all nodes share.</summary>
[Section("TLS certificates in the database, the same for all nodes: those of sora-admin tls, and those of [acme]")]
public sealed class TlsStoreOptions : IValidatableOptions
{
    private const int MinSecret = 32;

    [Option("What private keys in the database are encrypted with, the same on all nodes: 32 characters or more, as of \"openssl rand -base64 32\". Without it nothing is stored there, and what is there is not used", Secret = true)]
    public string? Secret { get; set; }

    [Option("Earlier secrets, with which keys are still read; sora-admin tls reseal encrypts them with the present one", Secret = true)]
    public IReadOnlyList<string> PreviousSecrets { get; set; } = [];

    [Option("Most certificates")]
    [OptionRange(1, 100_000)]
    public int MaxCertificates { get; set; } = 1000;

    [Option("Largest certificate with its chain, or key")]
    [OptionRange("4KiB", "16MiB")]
    public ByteSize MaxSize { get; set; } = ByteSize.KiB(256);

    [Option("Look-ups at once for ACME servers that want a proof, on this node: anybody may ask, and each costs one of the database's connections; more of them wait", Reference = "RFC 8555 8.3, RFC 8737")]
    [OptionRange(1, 1000)]
    public int MaxChallengeLookups { get; set; } = 8;

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (Secret is { Length: < MinSecret } || PreviousSecrets.Any(static secret => secret.Length < MinSecret))
            yield return "secret and previous_secrets must have 32 characters or more";
        if (PreviousSecrets.Count > 0 && string.IsNullOrEmpty(Secret))
            yield return "previous_secrets needs secret";
    }
}
