using Sora.Configuration;
using Sora.Gateway.Imap;
using Sora.Gateway.Lmtp;
using Sora.Gateway.Sieve;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Objects.S3;
using Sora.Mailstore.Certificates;
using Sora.Mailstore.Sieve;
using Sora.Mailstore.Storage;
using Sora.Sieve;

namespace Sora.Admin;

/// <summary>The sections of config.toml that this program shares with the server.</summary>
[Section("What sora-admin reads")]
internal sealed class AdminOptions
{
    public DatabaseOptions Database { get; set; } = new();

    public StorageOptions Storage { get; set; } = new();

    public PasswordOptions Passwords { get; set; } = new();

    public AccountOptions Accounts { get; set; } = new();

    public QuotaOptions Quota { get; set; } = new();

    public SharingOptions Sharing { get; set; } = new();

    public SieveOptions Sieve { get; set; } = new();

    public SieveEngineOptions SieveLimits { get; set; } = new();

    public SieveDeliveryOptions SieveDelivery { get; set; } = new();

    public S3Options S3 { get; set; } = new();

    public TlsStoreOptions TlsStore { get; set; } = new();

    public LmtpOptions Lmtp { get; set; } = new();

    public ImapOptions Imap { get; set; } = new();
}
