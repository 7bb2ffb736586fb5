using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Certificates;

/// <summary>A certificate in the database, without its key.</summary>
/// <param name="Name">What administrators call it.</param>
/// <param name="Chain">PEM: the certificate, then those that vouch for it.</param>
/// <param name="Hosts">Whom it is for.</param>
/// <param name="NotAfter">End of validity.</param>
/// <param name="IsDefault">It is for clients that name no host.</param>
/// <param name="IsAcme">It is renewed by [acme].</param>
/// <param name="HasKey">Its key can be read with the secrets of this configuration.</param>
/// <param name="ChangedAt">When it was stored.</param>
public sealed record CertificateEntry(
    string Name, string Chain, IReadOnlyList<string> Hosts, DateTimeOffset NotAfter, bool IsDefault, bool IsAcme, bool HasKey, DateTimeOffset ChangedAt);

/// <summary>TLS certificates in the database, for all nodes. Their private keys are encrypted; without a secret nothing is read and nothing stored.</summary>
public sealed class CertificateHost : ISharedCertificates, IDisposable
{
    private const int MaxName = 200;

    private readonly CertificateStore _store;
    private readonly AcmeStore _acme;
    private readonly ChangeFeed _feed;
    private readonly TlsStoreOptions _options;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private Action[] _subscribers = [];
    private string _unreadable = "";

    public CertificateHost(Database database, ChangeFeed feed, TlsStoreOptions options, ILoggerFactory loggers)
    {
        _store = new CertificateStore(database.Write);
        _acme = new AcmeStore(database.Write);
        _feed = feed;
        _options = options;
        _logger = loggers.CreateLogger<CertificateHost>();
        Seal = string.IsNullOrEmpty(options.Secret) ? null : new KeySeal(options.Secret, options.PreviousSecrets);
        feed.CertificatesChanged += Nudge;
        feed.Interrupted += Nudge;
    }

    /// <summary>There is a secret, so that certificates can be stored and used.</summary>
    public bool IsUsable => Seal is not null;

    internal KeySeal? Seal { get; }

    internal TlsStoreOptions Options => _options;

    public void Dispose()
    {
        _feed.CertificatesChanged -= Nudge;
        _feed.Interrupted -= Nudge;
    }

    /// <inheritdoc/>
    public IDisposable Subscribe(Action changed)
    {
        lock (_lock)
            _subscribers = [.. _subscribers, changed];
        return new Subscription(this, changed);
    }

    /// <inheritdoc/>
    public async ValueTask<MailResult<IReadOnlyList<SharedCertificate>>> ReadAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            var found = new List<SharedCertificate>();
            var unreadable = new List<string>();
            foreach (var row in await _store.ListAsync(cancellationToken))
            {
                if (Open(row) is { } key)
                    found.Add(new SharedCertificate(row.Name, row.Chain, key));
                else
                    unreadable.Add(row.Name);
            }

            var names = string.Join(' ', unreadable);
            if (names.Length > 0 && names != Interlocked.Exchange(ref _unreadable, names))
                Log.CertificateKeysUnreadable(_logger, names);
            return found;
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.CertificatesFailed(_logger, e);
            return MailError.Unavailable();
        }
    }

    /// <summary>All of them, the default one first, then by name.</summary>
    public async Task<IReadOnlyList<CertificateEntry>> ListAsync(CancellationToken cancellationToken) =>
    [
        .. (await _store.ListAsync(cancellationToken)).Select(row => new CertificateEntry(
            row.Name, row.Chain, row.Hosts, row.NotAfter, row.IsDefault, row.IsAcme, Open(row) is not null, row.ChangedAt)),
    ];

    /// <summary>Stores a certificate in the place of the one of that name. CANNOT for what is none, has another key, or without a secret; LIMIT.</summary>
    /// <param name="certificate">The certificate, in PEM.</param>
    /// <param name="isDefault">Make it the one for clients that name no host; null leaves that as it was.</param>
    /// <param name="isAcme">It is renewed by [acme].</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<MailResult<IReadOnlyList<string>>> PutAsync(SharedCertificate certificate, bool? isDefault, bool isAcme, CancellationToken cancellationToken)
    {
        if (Seal is null)
            return Cannot("Keys cannot be stored without tls_store.secret");
        if (certificate.Name.Length is 0 or > MaxName || certificate.Name.Any(static c => c <= ' ' || c == 0x7F))
            return Cannot("A name has no white space and 200 characters at most");
        if (certificate.Chain.Length > _options.MaxSize.Bytes || certificate.Key.Length > _options.MaxSize.Bytes)
            return new MailError(MailErrorCode.Limit, "The certificate or its key is larger than tls_store.max_size");
        try
        {
            using var leaf = X509Certificate2.CreateFromPem(certificate.Chain, certificate.Key);
            var hosts = CertificateHosts.Of(leaf);
            var row = new CertificateRow(
                certificate.Name, Certificates(certificate.Chain), Seal.Seal(Owner(certificate.Name), PrivateKey(leaf)), hosts, new DateTimeOffset(leaf.NotAfter.ToUniversalTime()),
                IsDefault: false, isAcme, ChangedAt: default);
            if (!await _store.PutAsync(row, isDefault, _options.MaxCertificates, cancellationToken))
                return new MailError(MailErrorCode.Limit, string.Create(null, $"There are {_options.MaxCertificates} certificates already"));
            Announce();
            return hosts;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return Cannot("It is no certificate in PEM, or the key is not its own: " + e.Message);
        }
    }

    /// <summary>Deletes a certificate. NONEXISTENT.</summary>
    public async Task<MailResult<Done>> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        if (!await _store.DeleteAsync(name, cancellationToken))
            return new MailError(MailErrorCode.NonExistent, $"There is no certificate {name}");
        await _acme.DeleteRenewalAsync(name, cancellationToken);
        Announce();
        return new Done();
    }

    /// <summary>Has [acme] renew a certificate now. NONEXISTENT when it is none of its own.</summary>
    public async Task<MailResult<Done>> RenewAsync(string name, CancellationToken cancellationToken)
    {
        var isKnown = (await _store.ListAsync(cancellationToken)).Exists(row => row.Name == name && row.IsAcme)
            || (await _acme.ListRenewalsAsync(cancellationToken)).Exists(renewal => renewal.Name == name);
        if (!isKnown)
            return new MailError(MailErrorCode.NonExistent, $"[acme] has no certificate {name}");
        await _acme.RenewNowAsync(name, cancellationToken);
        Announce();
        return new Done();
    }

    /// <summary>How renewals by [acme] go.</summary>
    public async Task<IReadOnlyList<AcmeRenewal>> ListRenewalsAsync(CancellationToken cancellationToken) => await _acme.ListRenewalsAsync(cancellationToken);

    /// <summary>Encrypts all keys with the present secret, those of ACME accounts too. The result is how many were not, and how many cannot be read. CANNOT without a secret.</summary>
    public async Task<MailResult<(int Changed, int Unreadable)>> ResealAsync(CancellationToken cancellationToken)
    {
        if (Seal is not { } seal)
            return Cannot("There is no tls_store.secret");
        var (changed, unreadable) = (0, 0);
        foreach (var row in await _store.ListAsync(cancellationToken))
            Count(await ResealAsync(seal, Owner(row.Name), row.SealedKey, box => _store.ResealAsync(row.Name, row.SealedKey, box, cancellationToken)));
        foreach (var (directory, box) in await _acme.ListAccountsAsync(cancellationToken))
            Count(await ResealAsync(seal, AcmeHost.Owner(directory), box, fresh => _acme.ResealAsync(directory, box, fresh, cancellationToken)));
        if (changed > 0)
            Announce();
        return (changed, unreadable);

        void Count(bool? isChanged)
        {
            changed += isChanged == true ? 1 : 0;
            unreadable += isChanged is null ? 1 : 0;
        }
    }

    private static async Task<bool?> ResealAsync(KeySeal seal, string owner, byte[] box, Func<byte[], Task<bool>> put)
    {
        if (seal.IsCurrent(box))
            return false;
        if (seal.Open(owner, box) is not { } key)
            return null;
        var isPut = await put(seal.Seal(owner, key));
        CryptographicOperations.ZeroMemory(key);
        return isPut;
    }

    private static MailError Cannot(string text) => new(MailErrorCode.Cannot, text);

    private static string Owner(string name) => "tls_certificates/" + name;

    // Without a key that a file with both has
    private static string Certificates(string pem)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(pem);
        return chain.ExportCertificatePems() + "\n";
    }

    private static byte[] PrivateKey(X509Certificate2 certificate)
    {
        using AsymmetricAlgorithm? key = (AsymmetricAlgorithm?)certificate.GetECDsaPrivateKey() ?? certificate.GetRSAPrivateKey();
        return key?.ExportPkcs8PrivateKey() ?? throw new CryptographicException("its key is neither RSA nor ECDSA");
    }

    private string? Open(CertificateRow row)
    {
        if (Seal?.Open(Owner(row.Name), row.SealedKey) is not { } key)
            return null;
        var pem = PemEncoding.WriteString("PRIVATE KEY", key);
        CryptographicOperations.ZeroMemory(key);
        return pem;
    }

    private void Announce()
    {
        _feed.AnnounceCertificates();
        Nudge();
    }

    private void Nudge()
    {
        foreach (var subscriber in Volatile.Read(ref _subscribers))
            subscriber();
    }

    private sealed class Subscription(CertificateHost host, Action changed) : IDisposable
    {
        public void Dispose()
        {
            lock (host._lock)
                host._subscribers = [.. host._subscribers.Where(one => one != changed)];
        }
    }
}
