using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sora.Gateway.Connections.Tls;

/// <summary>Whose certificates of clients are good: authorities and, where they are given, their lists of what they have revoked. Never changes: another takes its place.</summary>
internal sealed class ClientCertificateTrust
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly IReadOnlyList<RevocationList>? _revocations;

    private ClientCertificateTrust(X509Certificate2Collection authorities, IReadOnlyList<RevocationList>? revocations, bool isRequired, TimeProvider time)
    {
        Authorities = authorities;
        _revocations = revocations;
        IsRequired = isRequired;
        Time = time;
    }

    public X509Certificate2Collection Authorities { get; }

    /// <summary>Clients without a good one are refused.</summary>
    public bool IsRequired { get; }

    public TimeProvider Time { get; }

    /// <param name="authorities">PEM.</param>
    /// <param name="revocations">PEM; null when none are asked for.</param>
    /// <exception cref="CryptographicException">There is nothing in a file, or something that is broken.</exception>
    public static ClientCertificateTrust Read(string authorities, string? revocations, bool isRequired, TimeProvider time)
    {
        var trusted = new X509Certificate2Collection();
        try
        {
            trusted.ImportFromPem(authorities);
        }
        catch (ArgumentException e)
        {
            throw new CryptographicException(e.Message, e);
        }

        if (trusted.Count == 0)
            throw new CryptographicException("there is no certificate in it");
        return new ClientCertificateTrust(trusted, revocations is null ? null : RevocationList.ReadAll(revocations), isRequired, time);
    }

    public X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            DisableCertificateDownloads = true, // What a client names as its issuer's address must not make the server ask there
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationTime = Time.GetUtcNow().UtcDateTime,
            VerificationTimeIgnored = false,
        };
        policy.CustomTrustStore.AddRange(Authorities);
        policy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return policy;
    }

    /// <summary>Why a chain that is otherwise good is not; null when it is.</summary>
    public string? WhyRevoked(X509Chain chain)
    {
        if (_revocations is null)
            return null;
        for (var i = 0; i + 1 < chain.ChainElements.Count; i++)
        {
            var certificate = chain.ChainElements[i].Certificate;
            var issuer = chain.ChainElements[i + 1].Certificate;
            var lists = _revocations.Where(list => list.IsOf(issuer)).ToList();
            if (lists.Count == 0)
                return $"there is no list of revoked certificates of {issuer.Subject}";
            if (lists.TrueForAll(list => list.NextUpdate <= Time.GetUtcNow()))
                return $"the list of revoked certificates of {issuer.Subject} has expired";
            if (lists.Exists(list => list.Contains(certificate)))
                return $"{certificate.Subject} has been revoked";
        }

        return null;
    }
}
