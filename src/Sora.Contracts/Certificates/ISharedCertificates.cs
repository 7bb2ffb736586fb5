using Orleans;

namespace Sora.Contracts;

/// <summary>Certificates that all nodes share, as TLS asks for them.</summary>
public interface ISharedCertificates
{
    /// <summary>Calls on every change of the certificates, by any node, and whenever changes may have been missed, until the result is disposed.</summary>
    /// <param name="changed">Must return at once.</param>
    IDisposable Subscribe(Action changed);

    /// <summary>All of them, the default one first, then by name. Those whose key cannot be read here are left out. UNAVAILABLE.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<MailResult<IReadOnlyList<SharedCertificate>>> ReadAllAsync(CancellationToken cancellationToken);
}

/// <summary>A certificate that all nodes share.</summary>
/// <param name="Name">What administrators call it.</param>
/// <param name="Chain">PEM: the certificate, then those that vouch for it.</param>
/// <param name="Key">PEM: its private key, PKCS #8. A secret.</param>
[GenerateSerializer]
[Alias("sora.SharedCertificate"), Immutable]
public sealed record SharedCertificate([property: Id(0)] string Name, [property: Id(1)] string Chain, [property: Id(2)] string Key)
{
    /// <summary>Its name alone: the key has no place in a log.</summary>
    /// <returns>The name.</returns>
    public override string ToString() => Name;
}
