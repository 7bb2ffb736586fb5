using System.Net;
using Sora.Acme;
using Sora.Configuration;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap;
using Sora.Gateway.Lmtp;
using Sora.Gateway.ManageSieve;
using Sora.Gateway.Pop3;
using Sora.Gateway.Sasl;
using Sora.Gateway.Sieve;
using Sora.Gateway.Sieve.Mailboxes;
using Sora.Grains.Configuration;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Accounts.Logins;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Mailstore.Audit;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Objects.S3;
using Sora.Mailstore.Certificates;
using Sora.Mailstore.Delivery;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Maintenance;
using Sora.Mailstore.Retention;
using Sora.Mailstore.Search;
using Sora.Mailstore.Sieve;
using Sora.Mailstore.Storage;
using Sora.Relay;
using Sora.Sieve;

namespace Sora.Silo.Configuration;

/// <summary>Everything that config.toml may say: one property for each section.</summary>
public sealed class SoraOptions : IValidatableOptions
{
    public NodeOptions Node { get; set; } = new();

    public LogOptions Log { get; set; } = new();

    public DatabaseOptions Database { get; set; } = new();

    public StorageOptions Storage { get; set; } = new();

    public S3Options S3 { get; set; } = new();

    public MailboxOptions Mailboxes { get; set; } = new();

    public AccountOptions Accounts { get; set; } = new();

    public MaildropOptions Maildrops { get; set; } = new();

    public SharingOptions Sharing { get; set; } = new();

    public QuotaOptions Quota { get; set; } = new();

    public MetadataOptions Metadata { get; set; } = new();

    public PasswordOptions Passwords { get; set; } = new();

    public LoginLimitOptions LoginLimits { get; set; } = new();

    public AuditOptions Audit { get; set; } = new();

    public DeliveryOptions Delivery { get; set; } = new();

    public MaintenanceOptions Maintenance { get; set; } = new();

    public RetentionOptions Retention { get; set; } = new();

    public SearchOptions Search { get; set; } = new();

    public SieveOptions Sieve { get; set; } = new();

    public SieveEngineOptions SieveLimits { get; set; } = new();

    public SieveDeliveryOptions SieveDelivery { get; set; } = new();

    public RelayOptions Relay { get; set; } = new();

    public SieveImapOptions SieveImap { get; set; } = new();

    public ConnectionOptions Connections { get; set; } = new();

    // A server without TLS is of no use to most clients, so one that has no certificate yet makes itself one
    public TlsOptions Tls { get; set; } = new() { SelfSigned = true };

    public TlsStoreOptions TlsStore { get; set; } = new();

    public AcmeOptions Acme { get; set; } = new();

    public SaslOptions Sasl { get; set; } = new();

    public AuthOptions Auth { get; set; } = new();

    public LmtpOptions Lmtp { get; set; } = new();

    public ImapOptions Imap { get; set; } = new();

    public Pop3Options Pop3 { get; set; } = new();

    public ManageSieveOptions Managesieve { get; set; } = new();

    public HttpOptions Http { get; set; } = new();

    public HealthOptions Health { get; set; } = new();

    public MetricsOptions Metrics { get; set; } = new();

    public TracingOptions Tracing { get; set; } = new();

    public ClusterOptions Cluster { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        foreach (var address in Acme.HttpListen)
        {
            if (!ListenAddress.TryParse(address, out _))
                yield return $"acme.http_listen has '{address}', which is not an address with a port such as \"*:80\"";
        }

        if (Acme.Enabled && string.IsNullOrEmpty(TlsStore.Secret))
            yield return "acme.enabled needs tls_store.secret, with which the keys in the database are encrypted";
        if (!Tls.SelfSigned && string.IsNullOrEmpty(Tls.CertFile) && Tls.Certificates.Count == 0 && string.IsNullOrEmpty(TlsStore.Secret))
        {
            foreach (var (section, protocol) in Protocols())
            {
                foreach (var key in protocol.Addresses().Select(static listener => listener.Key).Where(static key => key.EndsWith("tls_listen", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal))
                    yield return $"{section}.{key} needs a certificate: set tls.cert_file and tls.key_file, tls_store.secret, or tls.self_signed";
            }
        }

        if (!Cluster.Enabled && !(Node.IsGateway && Node.IsMailstore))
            yield return "node.roles must be both unless cluster.enabled is true: there is nobody else for the other one";
        if (Cluster.Dashboard && string.IsNullOrEmpty(Http.Token))
            yield return "cluster.dashboard needs http.token: it is for browsers, and must not be open to whatever page they show";
        if (Storage.ObjectStore == ObjectStoreKind.S3 && string.IsNullOrEmpty(S3.Bucket))
            yield return "storage.object_store = \"s3\" needs s3.bucket";
        if (Managesieve.MaxLiteral < Sieve.MaxScriptSize)
            yield return "managesieve.max_literal must not be smaller than sieve.max_script_size";
        if (SieveDelivery.MaxListRecipients > Relay.Limits.MaxRecipients)
            yield return "sieve_delivery.max_list_recipients must not be greater than relay.limits.max_recipients";
        if (Retention.StagedObjectGrace <= Storage.StagingObjectTimeout + Mailboxes.WriteTimeout)
            yield return "retention.staged_object_grace must be longer than storage.staging_object_timeout and mailboxes.write_timeout together";
        if (Retention.Mailboxes.Count > 0 && Retention.MailboxesMaxAge == TimeSpan.Zero)
            yield return "retention.mailboxes needs retention.mailboxes_max_age";
        if (Storage.StagedFileHold <= Mailboxes.WriteTimeout)
            yield return "storage.staged_file_hold must be longer than mailboxes.write_timeout";
        var taken = new Dictionary<IPEndPoint, string>();
        foreach (var (key, address) in Addresses())
        {
            if (!ListenAddress.TryParse(address, out var endPoint) || endPoint.Port == 0)
                continue;
            if (!taken.TryAdd(endPoint, key))
                yield return $"{key} has '{address}', which {taken[endPoint]} has already";
        }
    }

    private (string Section, ProtocolOptions Options)[] Protocols() => [("lmtp", Lmtp), ("imap", Imap), ("pop3", Pop3), ("managesieve", Managesieve)];

    private IEnumerable<(string Key, string Address)> Addresses()
    {
        foreach (var (section, protocol) in Protocols())
        {
            foreach (var (key, address) in protocol.Addresses())
                yield return ($"{section}.{key}", address);
        }

        foreach (var address in Http.Listen)
            yield return ("http.listen", address);
        foreach (var address in Acme.ListensForHttp ? Acme.HttpListen : [])
            yield return ("acme.http_listen", address);
    }
}
