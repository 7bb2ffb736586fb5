using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Gateway.Connections;
using Sora.Testing;

namespace Sora.Gateway.Tests.Connections;

/// <summary>OCSP stapling (RFC 6066 section 8), with OpenSSL's responder.</summary>
public sealed class StaplingTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_issuers_word_is_handed_out_where_that_is_wanted(bool isWanted)
    {
        using var folder = new TempFolder();
        using var authority = new TestAuthority();
        var port = FreePort.Next();
        var issued = authority.Issue(new TestRequest { Hosts = ["mail.example.org"], Ocsp = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}") });
        var (certFile, keyFile) = (issued with { Certificate = issued.Certificate + authority.Pem }).Write(folder, "server");
        await File.WriteAllTextAsync(folder.File("ca.pem"), authority.Pem);
        await File.WriteAllTextAsync(folder.File("ca.key"), authority.KeyPem);
        using var leaf = issued.Load();
        var serial = leaf.SerialNumber.StartsWith("00", StringComparison.Ordinal) ? leaf.SerialNumber[2..] : leaf.SerialNumber;
        await File.WriteAllTextAsync(folder.File("index.txt"), $"V\t491231235959Z\t\t{serial}\tunknown\t/CN=test\n");
        using var responder = Process.Start(new ProcessStartInfo(
            "openssl",
            [
                "ocsp", "-index", folder.File("index.txt"), "-port", port.ToString(CultureInfo.InvariantCulture), "-rsigner", folder.File("ca.pem"), "-rkey", folder.File("ca.key"),
                "-CA", folder.File("ca.pem"), "-ndays", "2",
            ])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        responder.OutputDataReceived += static (_, _) => { };
        responder.ErrorDataReceived += static (_, _) => { };
        responder.BeginOutputReadLine();
        responder.BeginErrorReadLine();
        try
        {
            await using var source = CertificateSource.Create(
                new TlsOptions { CertFile = certFile, KeyFile = keyFile, OcspStapling = isWanted }, folder.Path, "localhost", TimeProvider.System, NullLogger<CertificateSource>.Instance)!;
            await using var gateway = await TestGateway.StartAsync([new TestProtocol(TestProtocol.EchoAsync).Listener(implicitTls: true)], certificates: source);
            var server = gateway.Listeners.Endpoints[0].Bound;

            // .NET asks beside the handshakes, and has the answer for later ones
            if (isWanted)
                await Eventually.WaitAsync(async () => (await OpensslClient.RunAsync(server, "-status")).Contains("OCSP Response Status: successful", StringComparison.Ordinal));
            else
                (await OpensslClient.RunAsync(server, "-status")).ShouldContain("no response sent");
        }
        finally
        {
            responder.Kill();
            await responder.WaitForExitAsync().WaitAsync(Wait.Deadline);
        }
    }
}
