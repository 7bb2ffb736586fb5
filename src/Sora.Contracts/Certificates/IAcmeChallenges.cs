namespace Sora.Contracts;

/// <summary>What any node answers to an ACME server that looks whether a host is ours (RFC 8555 section 8).</summary>
public interface IAcmeChallenges
{
    /// <summary>The key authorization of an HTTP-01 challenge (RFC 8555 section 8.3); null when there is none with that token. UNAVAILABLE.</summary>
    /// <param name="token">As it came: it is checked here.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<MailResult<string?>> FindHttpAsync(string token, CancellationToken cancellationToken);

    /// <summary>The key authorization of a TLS-ALPN-01 challenge (RFC 8737 section 3); null when there is none for that host. UNAVAILABLE.</summary>
    /// <param name="host">In small letters.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<MailResult<string?>> FindTlsAsync(string host, CancellationToken cancellationToken);
}
