using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Silo.Composition;
using Sora.Silo.Configuration;
using Sora.Silo.Http;
using Sora.Silo.Metrics;

namespace Sora.Silo.Tests;

public sealed class AdminHttpTests
{
    private readonly Readiness _readiness = new();
    private readonly HealthOptions _health = new() { CheckTimeout = TimeSpan.FromMilliseconds(200) };

    [Fact]
    public async Task Readyz_follows_the_node_and_livez_does_not()
    {
        await using var http = await StartAsync([Failing("database_write")]);
        await ExpectAsync(http, 503, "starting");
        _readiness.Ready();
        await ExpectAsync(http, 200, "ready");
        _readiness.Draining();
        await ExpectAsync(http, 503, "draining");

        async Task ExpectAsync(AdminHttp server, int status, string text)
        {
            foreach (var path in (string[])["/health/readyz", "/readyz", "/healthz"])
                (await GetAsync(server, path)).ShouldBe((status, text + "\n"));
            foreach (var path in (string[])["/health/livez", "/livez"])
                (await GetAsync(server, path)).Status.ShouldBe(200);
        }
    }

    [Theory]
    [InlineData("ok", 200)]
    [InlineData("degraded", 200)]
    [InlineData("failing", 503)]
    [InlineData("throwing", 503)]
    [InlineData("hanging", 503)]
    public async Task Health_shows_the_worst_of_its_checks(string what, int status)
    {
        var check = new HealthCheck("second", async token => what switch
        {
            "degraded" => new HealthFinding(HealthStatus.Degraded, "little space"),
            "failing" => new HealthFinding(HealthStatus.Failing, "no"),
            "throwing" => throw new InvalidOperationException("password=secret"),
            "hanging" => await new TaskCompletionSource<HealthFinding>().Task,
            _ => HealthFinding.Ok,
        });
        await using var http = await StartAsync([new HealthCheck("first", static _ => Task.FromResult(HealthFinding.Ok)), check]);
        var (code, body) = await GetAsync(http, "/health");
        code.ShouldBe(status);
        body.ShouldNotContain("secret");
        using var json = JsonDocument.Parse(body);
        json.RootElement.GetProperty("status").GetString().ShouldBe(status == 503 ? "failing" : what);
        json.RootElement.GetProperty("checks").GetProperty("first").GetProperty("status").GetString().ShouldBe("ok");
        json.RootElement.GetProperty("checks").GetProperty("second").GetProperty("status").GetString().ShouldBe(status == 503 ? "failing" : what);
    }

    [Fact]
    public async Task Other_networks_are_refused()
    {
        await using var http = await StartAsync([], new HttpOptions { Listen = ["127.0.0.1:0"], AllowedNetworks = ["10.0.0.0/8"] });
        foreach (var path in (string[])["/health", "/metrics", "/livez", "/nothing"])
            (await GetAsync(http, path)).Status.ShouldBe(403);
    }

    [Fact]
    public async Task Metrics_are_text_that_Prometheus_reads()
    {
        using var metrics = new MetricsPipeline(new MetricsOptions(), "test");
        using var node = new NodeMetrics(() => true, TimeProvider.System);
        await using var http = await StartAsync([], metrics: metrics);
        using var client = new HttpClient();
        using var response = await client.GetAsync(new Uri($"http://{http.Endpoints.Single()}/metrics"));
        response.Content.Headers.ContentType!.ToString().ShouldStartWith("text/plain; version=0.0.4");
        var text = await response.Content.ReadAsStringAsync();
        text.ShouldContain($"sora_build_info{{version=\"{ProgramVersion.Text}\"}} 1\n");
        text.ShouldContain("\ndotnet_process_memory_working_set_bytes ");
        text.ShouldContain("# TYPE dotnet_gc_collections_total counter\n");
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            line.ShouldMatch("^(# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .+|[a-zA-Z_:][a-zA-Z0-9_:]*(\\{([a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\\]|\\\\.)*\",?)*\\})? \\S+)$");
    }

    [Fact]
    public async Task A_taken_port_is_named()
    {
        await using var first = await StartAsync([]);
        var taken = first.Endpoints.Single().ToString();
        var e = await Should.ThrowAsync<StartException>(() => StartAsync([], new HttpOptions { Listen = [taken] }));
        e.Message.ShouldBe($"cannot listen on {taken} (http.listen): another program uses this port");
    }

    private static HealthCheck Failing(string name) => new(name, static _ => Task.FromResult(new HealthFinding(HealthStatus.Failing)));

    private Task<AdminHttp> StartAsync(IReadOnlyList<HealthCheck> checks, HttpOptions? options = null, MetricsPipeline? metrics = null) =>
        AdminHttp.StartAsync(
            options ?? new HttpOptions { Listen = ["127.0.0.1:0"] }, _health, _readiness, checks, metrics, null, null, NullLoggerFactory.Instance, CancellationToken.None);

    private static async Task<(int Status, string Body)> GetAsync(AdminHttp http, string path)
    {
        using var client = new HttpClient();
        using var response = await client.GetAsync(new Uri($"http://{http.Endpoints.Single()}{path}"));
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
