using System.Text;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Clients;

/// <summary>Programs that send PROXY headers and XCLIENT.</summary>
public sealed class ProxyTests : IAsyncLifetime
{
    private const string User = "ada@example.com";
    private const string Password = "secret";

    private readonly int _ports = FreePort.NextRange(3);
    private SoraProcess _sora = null!;

    public async Task InitializeAsync()
    {
        _sora = await SoraProcess.StartAsync(
            "connections.trusted_networks=127.0.0.0/8",
            $"imap.proxy_tls_listen=127.0.0.1:{_ports}",
            $"imap.proxy_listen=127.0.0.1:{_ports + 1}",
            $"pop3.proxy_listen=127.0.0.1:{_ports + 2}");
        await _sora.CreateAccountsAsync(Password, User);
    }

    public Task DisposeAsync() => _sora.DisposeAsync().AsTask();

    [Fact]
    public async Task Curl_logs_in_behind_a_PROXY_header_and_not_without_one()
    {
        foreach (var (url, option) in new[] { ($"imaps://127.0.0.1:{_ports}/", "-k"), ($"imap://127.0.0.1:{_ports + 1}/", "--ssl-reqd"), ($"pop3://127.0.0.1:{_ports + 2}/", "-k") })
        {
            (await CommandRun.RunAsync("curl", ["-sS", "-k", option, "--haproxy-protocol", "-u", $"{User}:{Password}", url], "curl")).ExitCode.ShouldBe(0, url);
            (await CommandRun.RunAsync("curl", ["-sS", "-k", option, "--max-time", "30", "-u", $"{User}:{Password}", url], "curl")).ExitCode.ShouldNotBe(0, url);
        }
    }

    [Fact]
    public async Task Swaks_names_the_client_by_XCLIENT()
    {
        var run = await CommandRun.MustSucceedAsync("swaks",
            [
                "--protocol", "LMTP", "--server", "127.0.0.1", "--port", $"{_sora.LmtpPort}", "--from", "sender@example.org", "--to", User,
                "--xclient-addr", "192.0.2.7", "--xclient-name", "client.example.net", "--xclient-helo", "helo.example.net", "--xclient-port", "4711",
            ], "swaks");
        run.Output.ShouldContain("XCLIENT ");
        using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, User, Password);
        Encoding.UTF8.GetString(await imap.FetchAsync(imap.View.Uids.Single(), "BODY.PEEK[HEADER]"))
            .ShouldContain("Received: from helo.example.net (client.example.net [192.0.2.7])");
    }
}
