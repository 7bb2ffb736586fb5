using Sora.Contracts;

namespace Sora.Gateway.Connections.Tls;

/// <summary>The certificates that are in use, and which of them a client gets. Never changes: another set takes its place.</summary>
internal sealed class CertificateSet
{
    private readonly Dictionary<string, ServerCertificate[]> _byName = new(StringComparer.Ordinal);
    private readonly ServerCertificate[] _default;
    private readonly int _valid;

    /// <param name="certificates">In the order of preference: the first is for clients that name no host, or one that none is for.</param>
    /// <param name="now">Those that are not valid now come after all that are.</param>
    public CertificateSet(IEnumerable<ServerCertificate> certificates, DateTimeOffset now)
    {
        All = [.. certificates.OrderBy(certificate => IsValid(certificate, now) ? 0 : 1)];
        _valid = All.Count(certificate => IsValid(certificate, now));
        foreach (var group in All.SelectMany(static certificate => certificate.Names, static (certificate, name) => (name, certificate)).GroupBy(static pair => pair.name, StringComparer.Ordinal))
            _byName[group.Key] = BestOfEachKind(group.Select(static pair => pair.certificate));

        // Beside the first one stand those for the same hosts with keys of another kind
        _default = All.Count == 0 ? [] : BestOfEachKind(All.Where(certificate => certificate == All[0] || IsForSame(certificate, All[0])));
    }

    public IReadOnlyList<ServerCertificate> All { get; }

    /// <summary>The certificate for clients that say nothing of themselves; null when there is none at all.</summary>
    public ServerCertificate? Default => All.Count == 0 ? null : All[0];

    /// <summary>The passing of time has changed nothing: as many are valid as when it was made.</summary>
    public bool IsUpToDate(DateTimeOffset now) => All.Count(certificate => IsValid(certificate, now)) == _valid;

    /// <summary>The certificate for a client; null when there is none at all.</summary>
    public ServerCertificate? Choose(ClientHello? hello)
    {
        if (hello is null)
            return Default;
        ServerCertificate[]? found = null;
        if (hello.ServerName is { } host && !_byName.TryGetValue(host, out found) && CertificateHosts.Wildcard(host) is { } wildcard)
            _byName.TryGetValue(wildcard, out found);

        // Nothing for the host: the client decides whether it takes another's (RFC 6066 section 3 leaves it to the server)
        found ??= _default;
        return Array.Find(found, certificate => hello.CanVerify(certificate.Kind)) ?? (found.Length > 0 ? found[0] : null);
    }

    // ECDSA first: a handshake costs the server a tenth
    private static ServerCertificate[] BestOfEachKind(IEnumerable<ServerCertificate> certificates) =>
        [.. certificates.DistinctBy(static certificate => certificate.Kind).OrderBy(static certificate => certificate.Kind == KeyKind.Rsa ? 1 : 0)];

    private static bool IsForSame(ServerCertificate one, ServerCertificate other) =>
        one.Names.Order(StringComparer.Ordinal).SequenceEqual(other.Names.Order(StringComparer.Ordinal), StringComparer.Ordinal);

    private static bool IsValid(ServerCertificate certificate, DateTimeOffset now) => certificate.NotBefore <= now.UtcDateTime && now.UtcDateTime < certificate.NotAfter;
}
