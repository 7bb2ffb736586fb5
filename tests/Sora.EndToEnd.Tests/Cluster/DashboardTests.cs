#if ORLEANS
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Cluster;

/// <summary>The dashboard of a cluster of real processes, as a browser asks for it.</summary>
public sealed class DashboardTests(DashboardTests.Nodes nodes) : IClassFixture<DashboardTests.Nodes>
{
    private const string User = "user@example.com";
    private const string Token = "a token of the tests";

    private readonly ClusterProcesses _cluster = nodes.Cluster;

    [Fact]
    public async Task It_shows_mailstores_and_mailboxes_to_whoever_has_the_token_and_nothing_to_others()
    {
        using var client = await ImapClient.OpenInboxAsync(_cluster.Gateways[0].ImapPort, User, ClusterProcesses.Password);
        await client.AppendAsync("INBOX", TestMail.Make(1));
        foreach (var node in new[] { _cluster.Mailstores[0], _cluster.Gateways[0] })
        {
            await NothingWithoutTokenAsync(node);
            var (status, type, page) = await AskAsync(node, "/dashboard/", Password(Token));
            (status, type).ShouldBe((200, "text/html"));
            foreach (var part in new[] { "index.min.js", "index.css" })
            {
                page.ShouldContain(part);
                (await AskAsync(node, "/dashboard/" + part, Password(Token))).Status.ShouldBe(200);
            }

            // What the page asks for: both mailstores are there, and the mailbox with its account
            await Eventually.WaitAsync(async () =>
            {
                using var counters = await JsonAsync(node, "/dashboard/DashboardCounters");
                return counters.RootElement.GetProperty("totalActiveHostCount").GetInt32() == 2
                    && counters.RootElement.GetProperty("simpleGrainStats").EnumerateArray().Any(static grain =>
                        grain.GetProperty("grainType").GetString()!.Contains("Sora.Grains.Mailboxes.MailboxGrain", StringComparison.Ordinal) && grain.GetProperty("activationCount").GetInt32() > 0);
            });
            using var hosts = await JsonAsync(node, "/dashboard/DashboardCounters");
            hosts.RootElement.GetProperty("hosts").EnumerateArray().Select(static host => (host.GetProperty("siloName").GetString(), host.GetProperty("status").GetString()))
                .Order().ShouldBe([("store0", "Active"), ("store1", "Active")]);

            // Calls are counted once somebody looks: those to mailboxes, and those that gateways send straight to their mailstores
            foreach (var (command, grain) in new[] { ("STATUS INBOX (RECENT)", "MailboxGrain"), ("STORE 1 FLAGS (\\Seen)", "MailstoreService") })
            {
                await Eventually.WaitAsync(async () =>
                {
                    await client.OkAsync(command);
                    using var stats = await JsonAsync(node, "/dashboard/GrainStats/Sora.Grains.Mailboxes." + grain);
                    return stats.RootElement.EnumerateObject().Any();
                });
            }
        }
    }

    [Fact]
    public async Task Other_pages_in_the_same_browser_get_nothing_and_nobody_gets_states_or_logs()
    {
        var node = _cluster.Mailstores[0];
        (await AskAsync(node, "/dashboard/ClusterStats", Password(Token), ("Origin", "https://example.org"))).Status.ShouldBe(403);
        (await AskAsync(node, "/dashboard/ClusterStats", Password(Token), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"))).Status.ShouldBe(403);
        (await AskAsync(node, "/dashboard/ClusterStats", Password(Token), ("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "cors"))).Status.ShouldBe(403);
        (await AskAsync(node, "/dashboard/", Password(Token), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"))).Status.ShouldBe(200);
        (await AskAsync(node, "/dashboard/ClusterStats", Password(Token), ("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "cors"))).Status.ShouldBe(200);
        (await AskAsync(node, "/dashboard/ClusterStats", Password(Token), ("Origin", Url(node).GetLeftPart(UriPartial.Authority)))).Status.ShouldBe(200);
        foreach (var path in new[] { "/dashboard/GrainState?grainId=1&grainType=Sora.Grains.Mailboxes.MailboxGrain", "/dashboard/grainstate", "/dashboard/Trace" })
            (await AskAsync(node, path, Password(Token))).Status.ShouldBe(403, path);

        // The password of the pages opens nothing that changes the node
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Url(node), "/maintenance/enter"));
        request.Headers.Authorization = Password(Token);
        using var http = new HttpClient();
        using var refused = await http.SendAsync(request);
        ((int)refused.StatusCode).ShouldBe(401);
    }

    [Fact]
    public async Task It_goes_with_the_node_and_comes_back_with_it()
    {
        var node = _cluster.Mailstores[0];
        (await AskAsync(node, "/dashboard/DashboardCounters", Password(Token))).Status.ShouldBe(200);
        await NodeAsync("drain", node);
        (await AskAsync(node, "/dashboard/DashboardCounters", Password(Token))).Status.ShouldBe(503);
        (await AskAsync(node, "/dashboard/DashboardCounters", null)).Status.ShouldBe(401);
        (await AskAsync(_cluster.Gateways[0], "/dashboard/DashboardCounters", Password(Token))).Status.ShouldBe(200);
        await NodeAsync("resume", node);
        (await AskAsync(node, "/dashboard/DashboardCounters", Password(Token))).Status.ShouldBe(200);
    }

    private static async Task NothingWithoutTokenAsync(SoraProcess node)
    {
        AuthenticationHeaderValue?[] wrong =
        [
            null, Password("wrong"), Password(""), new AuthenticationHeaderValue("Bearer", "wrong"), new AuthenticationHeaderValue("Basic", "%%%"),
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Token))), new AuthenticationHeaderValue("Digest", "x"),
        ];
        foreach (var authorization in wrong)
            (await AskAsync(node, "/dashboard/", authorization)).Status.ShouldBe(401, authorization?.ToString());
        foreach (var path in new[]
        {
            "/dashboard", "/Dashboard/", "/dashboard/index.html", "/dashboard/index.min.js", "/dashboard/fonts/x", "/dashboard/version", "/dashboard/DashboardCounters", "/dashboard/ClusterStats",
            "/dashboard/GrainTypes", "/dashboard/Reminders", "/dashboard/Trace", "/dashboard/nothing",
        })
        {
            var (status, _, body) = await AskAsync(node, path, null);
            (status, body).ShouldBe((401, "the password is http.token\n"), path);
        }

        // There is no other way to it
        foreach (var path in new[] { "/DashboardCounters", "/ClusterStats", "/index.min.js", "/" })
            (await AskAsync(node, path, Password(Token))).Status.ShouldBe(404, path);
    }

    private static async Task<JsonDocument> JsonAsync(SoraProcess node, string path)
    {
        var (status, type, body) = await AskAsync(node, path, Password(Token));
        (status, type).ShouldBe((200, "application/json"), body);
        return JsonDocument.Parse(body);
    }

    private static AuthenticationHeaderValue Password(string token) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("whoever:" + token)));

    private static async Task<(int Status, string? Type, string Body)> AskAsync(SoraProcess node, string path, AuthenticationHeaderValue? authorization, params (string Name, string Value)[] headers)
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Url(node), path));
        request.Headers.Authorization = authorization;
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        using var response = await client.SendAsync(request);
        if ((int)response.StatusCode == 401)
            response.Headers.WwwAuthenticate.ToString().ShouldBe("Basic realm=\"Sora\", charset=\"UTF-8\"");
        return ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync());
    }

    private Task<CommandRun> NodeAsync(string command, SoraProcess node) =>
        node.AdminAsync("node", command, "--url", Url(node).ToString(), "--token-file", nodes.TokenFile);

    private static Uri Url(SoraProcess node) => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{node.HttpPort}"));

    /// <summary>Two mailstores and a gateway, for all tests: each leaves them as it found them.</summary>
    public sealed class Nodes : IAsyncLifetime, IDisposable
    {
        private readonly TempFolder _folder = new();

        internal ClusterProcesses Cluster { get; private set; } = null!;

        internal string TokenFile => _folder.File("token");

        public async Task InitializeAsync()
        {
            await File.WriteAllTextAsync(TokenFile, Token + "\n");
            Cluster = await ClusterProcesses.StartAsync(mailstores: 2, gateways: 1, "cluster.dashboard=true", $"http.token={Token}");
            await Cluster.Gateways[0].CreateAccountsAsync(ClusterProcesses.Password, User);
        }

        public async Task DisposeAsync() => await Cluster.DisposeAsync();

        public void Dispose() => _folder.Dispose();
    }
}
#endif
