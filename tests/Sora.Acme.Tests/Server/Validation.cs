using System.Formats.Asn1;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Sora.Acme.Tests.Server;

/// <summary>Goes to the host and looks (RFC 8555 section 8.3, RFC 8737 section 3). Every host is on this machine.</summary>
internal static class Validation
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static async Task<string?> HttpAsync(AcmeServerAuthorization authorization, AcmeServerAccount account, int port)
    {
        if (authorization.Account != account)
            return "another's";
        using var http = new HttpClient { Timeout = Limit };
        using var request = new HttpRequestMessage(
            HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/.well-known/acme-challenge/{authorization.Token}"));
        request.Headers.Host = authorization.Host;
        try
        {
            using var response = await http.SendAsync(request);
            var body = (await response.Content.ReadAsStringAsync()).TrimEnd();
            return response.StatusCode == HttpStatusCode.OK && body == authorization.KeyAuthorization ? null : $"HTTP {(int)response.StatusCode}, and not what it must be";
        }
        catch (HttpRequestException e)
        {
            return e.Message;
        }
    }

    public static async Task<string?> TlsAlpnAsync(AcmeServerAuthorization authorization, AcmeServerAccount account, int port)
    {
        if (authorization.Account != account)
            return "another's";
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port).WaitAsync(Limit);
            X509Certificate2? seen = null;
            await using var tls = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) =>
            {
                // Who vouches for it is not the question (RFC 8737 section 3): it vouches for itself
                seen = certificate is null ? null : X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
                return seen is not null;
            });
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = authorization.Host, ApplicationProtocols = [new SslApplicationProtocol("acme-tls/1")] }).WaitAsync(Limit);
            if (tls.NegotiatedApplicationProtocol.ToString() != "acme-tls/1")
                return "acme-tls/1 was not agreed on";
            using var certificate = seen;
            return certificate is null ? "no certificate" : WhyNot(certificate, authorization);
        }
        catch (Exception e) when (e is IOException or AuthenticationException or SocketException or TimeoutException)
        {
            return e.Message;
        }
    }

    private static string? WhyNot(X509Certificate2 certificate, AcmeServerAuthorization authorization)
    {
        if (certificate.Subject != certificate.Issuer)
            return "not self-signed";
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SingleOrDefault()?.EnumerateDnsNames().ToArray();
        if (names is not [var name] || !name.Equals(authorization.Host, StringComparison.OrdinalIgnoreCase))
            return "not exactly one name, the host's";
        var extension = certificate.Extensions.SingleOrDefault(static one => one.Oid?.Value == "1.3.6.1.5.5.7.1.31");
        if (extension is not { Critical: true })
            return "no critical acmeIdentifier";
        var digest = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadOctetString();
        return digest.AsSpan().SequenceEqual(SHA256.HashData(Encoding.ASCII.GetBytes(authorization.KeyAuthorization))) ? null : "the digest is of another key authorization";
    }
}
