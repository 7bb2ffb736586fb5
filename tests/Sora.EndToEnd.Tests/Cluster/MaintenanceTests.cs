#if ORLEANS
using System.Globalization;
using System.Text;
using System.Text.Json;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Cluster;

/// <summary>Nodes that are taken out of service and put back, and what operators see, in a cluster whose nodes speak TLS with each other.</summary>
public sealed class MaintenanceTests : IAsyncLifetime, IDisposable
{
    private const string User = "user@example.com";
    private const string Token = "a token of the tests";

    private readonly TempFolder _folder = new();
    private readonly TestAuthority _authority = new();
    private ClusterProcesses _cluster = null!;

    public async Task InitializeAsync()
    {
        var (certificate, key) = _authority.Issue(new TestRequest { Hosts = ["sora-cluster"], ForBoth = true }).Write(_folder, "node");
        await File.WriteAllTextAsync(_folder.File("ca.pem"), _authority.Pem);
        await File.WriteAllTextAsync(_folder.File("token"), Token + "\n");
        _cluster = await ClusterProcesses.StartAsync(
            mailstores: 2, gateways: 1, "cluster.tls.enabled=true", $"cluster.tls.cert_file={certificate}", $"cluster.tls.key_file={key}",
            $"cluster.tls.ca_file={_folder.File("ca.pem")}", $"http.token={Token}");
        await _cluster.Gateways[0].CreateAccountsAsync(ClusterProcesses.Password, User);
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_mailstore_leaves_and_comes_back_and_clients_notice_nothing()
    {
        using var client = await ImapClient.OpenInboxAsync(_cluster.Gateways[0].ImapPort, User, ClusterProcesses.Password);
        for (var round = 0; round < 2; round++)
        {
            await client.AppendAsync("INBOX", TestMail.Make(round));
            var host = await HostAsync();
            await NodeAsync("drain", host);
            (await ReadyAsync(host)).ShouldBe((503, "maintenance\n"));
            await client.AppendAsync("INBOX", TestMail.Make(10 + round));
            (await HostAsync()).ShouldNotBe(host);
            await NodeAsync("resume", host);
            (await ReadyAsync(host)).Status.ShouldBe(200);
        }

        client.View.Uids.Count.ShouldBe(4);
        var nodes = await _cluster.Gateways[0].AdminAsync("cluster", "nodes", "--json");
        using var json = JsonDocument.Parse(nodes.Output);
        json.RootElement.EnumerateArray().Select(static node => (node.GetProperty("name").GetString(), node.GetProperty("status").GetString()))
            .Order().ShouldBe([("store0", "active"), ("store1", "active")]);
    }

    [Fact]
    public async Task A_gateway_in_maintenance_tells_its_sessions_and_takes_no_new_ones()
    {
        var gateway = _cluster.Gateways[0];
        using var client = await ImapClient.OpenInboxAsync(gateway.ImapPort, User, ClusterProcesses.Password);
        await client.BeginIdleAsync();
        await NodeAsync("drain", gateway);
        (await client.ReadToEndAsync()).ShouldContain("* BYE");
        (await ReadyAsync(gateway)).ShouldBe((503, "maintenance\n"));
        using (var refused = await LineConnection.ConnectAsync(gateway.ImapPort))
            Encoding.ASCII.GetString(await refused.ReadLineAsync()).ShouldStartWith("* BYE");
        await NodeAsync("resume", gateway);
        using var back = await ImapClient.OpenInboxAsync(gateway.ImapPort, User, ClusterProcesses.Password);
        await back.AppendAsync("INBOX", TestMail.Make(1));
    }

    [Fact]
    public async Task Operators_see_the_cluster_and_others_do_not()
    {
        var gateway = _cluster.Gateways[0];
        (await AskAsync(gateway, "/cluster/status", token: null)).Status.ShouldBe(401);
        (await AskAsync(gateway, "/cluster/status", "wrong")).Status.ShouldBe(401);
        (await AskAsync(gateway, "/cluster/nodes", Token, origin: "https://example.org")).Status.ShouldBe(403);
        (await AskAsync(gateway, "/cluster/where?mailbox=x", Token)).Status.ShouldBe(400);
        (await AskAsync(gateway, "/dashboard/", Token)).Status.ShouldBe(404); // off unless it is switched on
        var (status, body) = await AskAsync(gateway, "/cluster/status", Token);
        status.ShouldBe(200);
        using var json = JsonDocument.Parse(body);
        var root = json.RootElement;
        (root.GetProperty("node").GetString(), root.GetProperty("state").GetString()).ShouldBe(("gateway0", "ready"));
        root.GetProperty("roles").EnumerateArray().Single().GetString().ShouldBe("gateway");
        (root.GetProperty("cluster").GetProperty("active").GetInt32(), root.GetProperty("cluster").GetProperty("is_member").GetBoolean()).ShouldBe((2, true));
    }

    // Whichever mailstore has INBOX now
    private async Task<SoraProcess> HostAsync()
    {
        var gateway = _cluster.Gateways[0];
        var run = await gateway.AdminAsync(
            "cluster", "where", "--user", User, "--mailbox", "INBOX", "--json", "--url", Url(gateway).ToString(), "--token-file", _folder.File("token"));
        using var json = JsonDocument.Parse(run.Output);
        var name = json.RootElement.GetProperty("node").GetString()!;
        return _cluster.Mailstores[int.Parse(name["store".Length..], CultureInfo.InvariantCulture)];
    }

    private Task<CommandRun> NodeAsync(string command, SoraProcess node) =>
        node.AdminAsync("node", command, "--url", Url(node).ToString(), "--token-file", _folder.File("token"));

    private static Task<(int Status, string Body)> ReadyAsync(SoraProcess node) => AskAsync(node, "/health/readyz", token: null);

    private static async Task<(int Status, string Body)> AskAsync(SoraProcess node, string path, string? token, string? origin = null)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Url(node), path));
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        using var response = await client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static Uri Url(SoraProcess node) => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{node.HttpPort}"));
}
#endif
