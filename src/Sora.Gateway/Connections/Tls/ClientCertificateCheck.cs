using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Sora.Gateway.Connections.Tls;

/// <summary>Looks at the certificate of one client.</summary>
internal sealed class ClientCertificateCheck(ClientCertificateTrust trust)
{
    public X509ChainPolicy Policy { get; } = trust.Policy();

    /// <summary>The client's certificate, once it has been found good.</summary>
    public X509Certificate2? Verified { get; private set; }

    /// <summary>Why there is no good one.</summary>
    public string Problem { get; private set; } = "";

    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Verified = null;
        Problem = WhyNot(certificate, chain, errors) ?? "";
        if (Problem.Length == 0)
            Verified = X509CertificateLoader.LoadCertificate(certificate!.GetRawCertData());

        // A client that has one of somebody else may still log in with its password
        return Verified is not null || !trust.IsRequired;
    }

    private string? WhyNot(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || chain is null)
            return "there is none";
        if (errors != SslPolicyErrors.None)
            return string.Join("; ", chain.ChainStatus.Select(static status => status.StatusInformation.Trim()).Append(errors.ToString()));
        return trust.WhyRevoked(chain);
    }
}
