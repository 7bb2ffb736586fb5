using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Gateway.Connections;
using Sora.Gateway.Tests.Connections;
using Sora.Gateway.Tests.Imap;
using Sora.Testing;

namespace Sora.Gateway.Tests.Sasl;

/// <summary>The channel binding tls-exporter (RFC 9266), with OpenSSL's own client telling what it should be.</summary>
[Collection("imap")]
public sealed class ExporterTests(ImapFixture fixture)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_connection_itself_is_bound(bool rightMaterial)
    {
        var user = await fixture.UserAsync();
        await using var gateway = await fixture.StartAsync(TimeProvider.System);
        using var client = Start(gateway.Listeners.Endpoints[0].Bound, "-tls1_3");
        var material = await MaterialAsync(client);
        if (!rightMaterial)
            material[0] ^= 1;
        var scram = new ScramClient(user.Address, "secret", "p=tls-exporter,,", material);
        await SendAsync(client, $"a AUTHENTICATE SCRAM-SHA-256-PLUS {scram.First}");
        await SendAsync(client, scram.Final((await ReadAsync(client, "+ "))[2..]));
        if (rightMaterial)
        {
            scram.ShouldBelieve((await ReadAsync(client, "+ "))[2..]);
            await SendAsync(client, "");
            (await ReadAsync(client, "a ")).ShouldStartWith("a OK");
        }
        else
        {
            (await ReadAsync(client, "a ")).ShouldStartWith("a NO [AUTHENTICATIONFAILED]");
        }

        client.Kill();
        await client.WaitForExitAsync().WaitAsync(Wait.Deadline);
    }

    [Fact]
    public async Task It_needs_the_newest_tls()
    {
        var user = await fixture.UserAsync();
        await using var gateway = await fixture.StartAsync(TimeProvider.System);
        using var client = Start(gateway.Listeners.Endpoints[0].Bound, "-tls1_2");
        var scram = new ScramClient(user.Address, "secret", "p=tls-exporter,,", await MaterialAsync(client));
        await SendAsync(client, $"a AUTHENTICATE SCRAM-SHA-256-PLUS {scram.First}");
        (await ReadAsync(client, "a ")).ShouldStartWith("a NO");
        client.Kill();
        await client.WaitForExitAsync().WaitAsync(Wait.Deadline);
    }

    [Fact]
    public void This_dotnet_and_openssl_have_it() => TlsExporter.Default.Problem.ShouldBeNull();

    /// <summary>.NET may keep the handle elsewhere one day: then the binding is gone, that is said, and all else goes on.</summary>
    [Theory]
    [InlineData("_noSuchField")]
    [InlineData("_innerStream")] // There, and no handle
    public async Task Where_it_cannot_be_had_logins_are_bound_to_the_certificate(string field)
    {
        using var folder = new TempFolder();
        var log = new ListLog();
        await using var certificates = CertificateSource.Create(
            new TlsOptions { SelfSigned = true }, folder.Path, "mail.example.org", TimeProvider.System, NullLogger<CertificateSource>.Instance)!;
        certificates.Exporter = new TlsExporter(field);
        await using (var other = await TestGateway.StartAsync([], certificates: certificates, logger: log))
            log.Lines.ShouldHaveSingleItem().ShouldStartWith("Warning The channel binding tls-exporter is not there");
        var user = await fixture.UserAsync();
        await using var gateway = await fixture.StartAsync(TimeProvider.System, certificates: certificates);
        using var client = Start(gateway.Listeners.Endpoints[0].Bound, "-tls1_3");
        var refused = new ScramClient(user.Address, "secret", "p=tls-exporter,,", await MaterialAsync(client));
        await SendAsync(client, $"a AUTHENTICATE SCRAM-SHA-256-PLUS {refused.First}");
        (await ReadAsync(client, "a ")).ShouldStartWith("a NO");
        var scram = new ScramClient(user.Address, "secret", "p=tls-server-end-point,,", ChannelBindings.OfServerEndPoint(certificates.Certificate)!);
        await SendAsync(client, $"b AUTHENTICATE SCRAM-SHA-256-PLUS {scram.First}");
        await SendAsync(client, scram.Final((await ReadAsync(client, "+ "))[2..]));
        scram.ShouldBelieve((await ReadAsync(client, "+ "))[2..]);
        await SendAsync(client, "");
        (await ReadAsync(client, "b ")).ShouldStartWith("b OK");
        client.Kill();
        await client.WaitForExitAsync().WaitAsync(Wait.Deadline);
    }

    private static Process Start(IPEndPoint server, string version)
    {
        string[] arguments =
        [
            "s_client", "-connect", server.ToString(), "-starttls", "imap", version, "-ign_eof",
            "-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32",
        ];
        return Process.Start(new ProcessStartInfo("openssl", arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    private static async Task<byte[]> MaterialAsync(Process client) =>
        Convert.FromHexString((await ReadAsync(client, "Keying material:"))["Keying material:".Length..].Trim());

    private static async Task SendAsync(Process client, string line)
    {
        await client.StandardInput.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{line}\r\n"));
        await client.StandardInput.FlushAsync();
    }

    private static async Task<string> ReadAsync(Process client, string start)
    {
        while (true)
        {
            var line = await client.StandardOutput.ReadLineAsync().WaitAsync(Wait.Deadline) ?? throw new IOException("openssl has ended");
            if (line.Trim().StartsWith(start, StringComparison.Ordinal))
                return line.Trim();
        }
    }
}
