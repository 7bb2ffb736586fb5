using Orleans;

namespace Sora.Contracts;

/// <summary>What all nodes know of ACME servers (RFC 8555) and the certificates that they ask them for. Methods throw when the database cannot be asked.</summary>
public interface IAcmeState
{
    /// <summary>Makes this node the one that orders certificates until the result is disposed; null while another node is.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IAsyncDisposable?> TryLeadAsync(CancellationToken cancellationToken);

    /// <summary>The account at a server, by the URL of its directory; null when there is none, or its key cannot be read.</summary>
    /// <param name="directory">The URL.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<AcmeAccount?> FindAccountAsync(string directory, CancellationToken cancellationToken);

    /// <summary>Keeps an account, in the place of the one at that server.</summary>
    /// <param name="directory">The URL.</param>
    /// <param name="account">The account.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task PutAccountAsync(string directory, AcmeAccount account, CancellationToken cancellationToken);

    /// <summary>From here on every node answers the challenge.</summary>
    /// <param name="challenge">The answer.</param>
    /// <param name="lifetime">How long at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task PutChallengeAsync(AcmeChallenge challenge, TimeSpan lifetime, CancellationToken cancellationToken);

    /// <summary>From here on no node answers it.</summary>
    /// <param name="challenge">The answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task DeleteChallengeAsync(AcmeChallenge challenge, CancellationToken cancellationToken);

    /// <summary>How renewals go, by name of the certificate.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<AcmeRenewal>> ListRenewalsAsync(CancellationToken cancellationToken);

    /// <summary>Remembers how a renewal goes.</summary>
    /// <param name="renewal">Its state.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task PutRenewalAsync(AcmeRenewal renewal, CancellationToken cancellationToken);

    /// <summary>Remembers when a server suggests to renew, unless an administrator has said otherwise meanwhile.</summary>
    /// <param name="renewal">The suggestion.</param>
    /// <param name="before">When it was due before.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task PutSuggestionAsync(AcmeRenewal renewal, DateTimeOffset? before, CancellationToken cancellationToken);

    /// <summary>Stores a certificate that was issued, for all nodes. LIMIT, CANNOT for one that is none.</summary>
    /// <param name="certificate">What was issued.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<MailResult<Done>> PutCertificateAsync(SharedCertificate certificate, CancellationToken cancellationToken);
}

/// <summary>An account at an ACME server (RFC 8555 section 7.3).</summary>
/// <param name="Key">PKCS #8: the private key that requests are signed with. A secret.</param>
/// <param name="Url">The account's URL; null before the server has given one.</param>
/// <param name="Contacts">What the server was told.</param>
[GenerateSerializer]
[Alias("sora.AcmeAccount"), Immutable]
public sealed record AcmeAccount([property: Id(0)] byte[] Key, [property: Id(1)] string? Url, [property: Id(2)] IReadOnlyList<string> Contacts)
{
    /// <summary>Its URL alone: the key has no place in a log.</summary>
    /// <returns>The URL.</returns>
    public override string ToString() => Url ?? "";
}

/// <summary>What is answered to an ACME server that looks for a proof (RFC 8555 section 8).</summary>
/// <param name="Type">"http-01" or "tls-alpn-01".</param>
/// <param name="Token">The server's, in base64url.</param>
/// <param name="Host">Whose proof it is, in small letters.</param>
/// <param name="KeyAuthorization">Section 8.1.</param>
[GenerateSerializer]
[Alias("sora.AcmeChallenge"), Immutable]
public sealed record AcmeChallenge([property: Id(0)] string Type, [property: Id(1)] string Token, [property: Id(2)] string Host, [property: Id(3)] string KeyAuthorization)
{
    /// <summary>Section 8.3.</summary>
    public const string Http = "http-01";

    /// <summary>RFC 8737.</summary>
    public const string TlsAlpn = "tls-alpn-01";
}

/// <summary>How the renewal of a certificate goes.</summary>
/// <param name="Name">The certificate's name in the store.</param>
/// <param name="Attempts">How many failed since there was a new one.</param>
/// <param name="NextAttemptAt">Not before; null for at once, when it is due.</param>
/// <param name="LastError">Why the last one failed.</param>
/// <param name="RenewAt">When it is due, as the server suggests (RFC 9773); null when it does not.</param>
/// <param name="AskAgainAt">When to ask the server for that again.</param>
[GenerateSerializer]
[Alias("sora.AcmeRenewal"), Immutable]
public sealed record AcmeRenewal(
    [property: Id(0)] string Name,
    [property: Id(1)] int Attempts = 0,
    [property: Id(2)] DateTimeOffset? NextAttemptAt = null,
    [property: Id(3)] string? LastError = null,
    [property: Id(4)] DateTimeOffset? RenewAt = null,
    [property: Id(5)] DateTimeOffset? AskAgainAt = null);
