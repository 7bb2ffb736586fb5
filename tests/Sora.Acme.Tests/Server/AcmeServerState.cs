using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Sora.Testing;

namespace Sora.Acme.Tests.Server;

internal sealed class AcmeServerAccount(string url, AcmeServerKey key)
{
    public string Url => url;

    public AcmeServerKey Key => key;

    public string Thumbprint => key.Thumbprint;

    /// <summary>Whose it is elsewhere.</summary>
    public string? External { get; init; }

    public IReadOnlyList<string> Contacts { get; set; } = [];

    public JsonObject ToJson() => new() { ["status"] = "valid", ["contact"] = new JsonArray([.. Contacts.Select(static one => (JsonNode)one)]), ["orders"] = url + "/orders" };
}

/// <summary>A host that is to be proven (RFC 8555 section 7.1.4).</summary>
internal sealed class AcmeServerAuthorization(AcmeServerAccount account, int number, string host)
{
    private JsonObject? _error;
    private string? _chosen;

    public string Id { get; } = number.ToString(CultureInfo.InvariantCulture);

    public AcmeServerAccount Account => account;

    public string Host => host;

    public string Status { get; private set; } = "pending";

    public string Token { get; } = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Section 8.1.</summary>
    public string KeyAuthorization => $"{Token}.{account.Thumbprint}";

    public void Settle(string type, string? problem)
    {
        _chosen = type;
        Status = problem is null ? "valid" : "invalid";
        _error = problem is null ? null : new JsonObject { ["type"] = "urn:ietf:params:acme:error:incorrectResponse", ["detail"] = problem };
    }

    public JsonObject ToJson(Func<string, string> url) => new()
    {
        ["status"] = Status,
        ["identifier"] = new JsonObject { ["type"] = "dns", ["value"] = host },
        ["challenges"] = new JsonArray(ChallengeJson("dns-01", url), ChallengeJson("http-01", url), ChallengeJson("tls-alpn-01", url)),
    };

    public JsonObject ChallengeJson(string type, Func<string, string> url)
    {
        var json = new JsonObject { ["type"] = type, ["url"] = url($"challenge/{Id}/{type}"), ["token"] = Token, ["status"] = _chosen == type ? Status : "pending" };
        if (_chosen == type && _error is not null)
            json["error"] = _error.DeepClone();
        return json;
    }
}

/// <summary>Section 7.1.3.</summary>
internal sealed class AcmeServerOrder(AcmeServerAccount account, int number, string[] hosts)
{
    public string Id { get; } = number.ToString(CultureInfo.InvariantCulture);

    public int Number => number;

    public AcmeServerAccount Account => account;

    public IReadOnlyList<string> Hosts => hosts;

    public List<AcmeServerAuthorization> Authorizations { get; } = [];

    public string? Replaces { get; init; }

    public int ProcessingAnswers { get; set; }

    public X509Certificate2? Issued { get; private set; }

    public string Status => Issued is not null ? "valid"
        : Authorizations.Exists(static one => one.Status == "invalid") ? "invalid"
        : Authorizations.TrueForAll(static one => one.Status == "valid") ? "ready" : "pending";

    public static string RenewalName(X509Certificate2 certificate)
    {
        var issuer = certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().Single().KeyIdentifier!.Value;
        return Base64Url.EncodeToString(issuer.Span) + "." + Base64Url.EncodeToString(Convert.FromHexString(certificate.SerialNumber) is var serial && serial[0] >= 0x80 ? [0, .. serial] : serial);
    }

    public void Issue(string csr, TestAuthority issuer, TimeSpan lifetime)
    {
        CertificateRequest request;
        try
        {
            request = CertificateRequest.LoadSigningRequest(Base64Url.DecodeFromChars(csr), HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            throw new AcmeProblem(400, "badCSR", e.Message);
        }

        // Section 7.4: exactly the hosts of the order
        var extension = request.CertificateExtensions.Single(one => one.Oid?.Value == "2.5.29.17");
        var names = new X509SubjectAlternativeNameExtension(extension.RawData).EnumerateDnsNames().Order(StringComparer.Ordinal);
        if (!names.SequenceEqual(hosts.Order(StringComparer.Ordinal), StringComparer.Ordinal))
            throw new AcmeProblem(400, "badCSR", "Not the hosts of the order");
        Issued = issuer.Sign(request, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(-1) + lifetime);
    }

    public JsonObject ToJson(Func<string, string> url, string? status = null)
    {
        status ??= Status;
        var json = new JsonObject
        {
            ["status"] = status,
            ["identifiers"] = new JsonArray([.. hosts.Select(static host => (JsonNode)new JsonObject { ["type"] = "dns", ["value"] = host })]),
            ["authorizations"] = new JsonArray([.. Authorizations.Select(one => (JsonNode)url("authorization/" + one.Id))]),
            ["finalize"] = url("finalize/" + Id),
        };
        if (status == "valid")
            json["certificate"] = url("certificate/" + Id);
        return json;
    }
}
