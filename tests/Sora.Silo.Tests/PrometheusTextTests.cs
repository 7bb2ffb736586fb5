using System.Diagnostics.Metrics;
using Sora.Silo.Configuration;
using Sora.Silo.Metrics;

namespace Sora.Silo.Tests;

public sealed class PrometheusTextTests : IDisposable
{
    private readonly Meter _meter = new($"test-{Guid.NewGuid():N}");

    public void Dispose() => _meter.Dispose();

    [Fact]
    public void Counters_and_up_down_counters()
    {
        using var metrics = Pipeline();
        var counter = _meter.CreateCounter<long>("sora_test_total", null, "Things");
        var current = _meter.CreateUpDownCounter<int>("sora_test_current", null, "Things now");
        counter.Add(2, new("protocol", "imap"), new KeyValuePair<string, object?>("ok", true));
        counter.Add(3, new("protocol", "imap"), new KeyValuePair<string, object?>("ok", true));
        counter.Add(1, new("protocol", "lmtp"), new KeyValuePair<string, object?>("ok", false));
        current.Add(5);
        current.Add(-7);
        Scrape(metrics, "sora_test").ShouldBe(
            """
            # HELP sora_test_current Things now
            # TYPE sora_test_current gauge
            sora_test_current -2
            # HELP sora_test_total Things
            # TYPE sora_test_total counter
            sora_test_total{ok="true",protocol="imap"} 5
            sora_test_total{ok="false",protocol="lmtp"} 1

            """);
    }

    [Fact]
    public void Histograms_of_seconds_have_cumulative_buckets()
    {
        using var metrics = Pipeline();
        var histogram = _meter.CreateHistogram<double>("sora_test_seconds", "s", "Time");
        histogram.Record(0.0004);
        histogram.Record(0.003);
        histogram.Record(100);
        var lines = Scrape(metrics, "sora_test").Split('\n');
        lines.ShouldContain("# TYPE sora_test_seconds histogram");
        lines.ShouldContain("sora_test_seconds_bucket{le=\"0.0005\"} 1");
        lines.ShouldContain("sora_test_seconds_bucket{le=\"0.0025\"} 1");
        lines.ShouldContain("sora_test_seconds_bucket{le=\"0.005\"} 2");
        lines.ShouldContain("sora_test_seconds_bucket{le=\"60\"} 2");
        lines.ShouldContain("sora_test_seconds_bucket{le=\"+Inf\"} 3");
        lines.ShouldContain("sora_test_seconds_sum 100.0034");
        lines.ShouldContain("sora_test_seconds_count 3");
    }

    [Fact]
    public void Histograms_of_bytes_have_buckets_of_bytes()
    {
        using var metrics = Pipeline();
        _meter.CreateHistogram<long>("sora_test_bytes", "By").Record(5000);
        var lines = Scrape(metrics, "sora_test").Split('\n');
        lines.ShouldContain("sora_test_bytes_bucket{le=\"4096\"} 0");
        lines.ShouldContain("sora_test_bytes_bucket{le=\"16384\"} 1");
        lines.ShouldNotContain(line => line.StartsWith("# HELP", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("a\"b", "a\\\"b")]
    [InlineData("a\\b", "a\\\\b")]
    [InlineData("a\nb", "a\\nb")]
    [InlineData("grüße", "grüße")]
    [InlineData(null, "")]
    public void Label_values_are_escaped(string? value, string expected)
    {
        using var metrics = Pipeline();
        _meter.CreateCounter<long>("sora_test_total").Add(1, new KeyValuePair<string, object?>("what", value));
        Scrape(metrics, "sora_test").ShouldContain($"sora_test_total{{what=\"{expected}\"}} 1\n");
    }

    [Fact]
    public void Help_is_escaped()
    {
        using var metrics = Pipeline();
        _meter.CreateCounter<long>("sora_test_total", null, "a\\b\n\"c\"").Add(1);
        Scrape(metrics, "sora_test").ShouldContain("# HELP sora_test_total a\\\\b\\n\"c\"\n");
    }

    [Theory]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(0.1, "0.1")]
    [InlineData(1e300, "1E+300")]
    public void Values(double value, string expected)
    {
        using var metrics = Pipeline();
        _meter.CreateObservableGauge("sora_test", () => value);
        Scrape(metrics, "sora_test").ShouldContain($"\nsora_test {expected}\n");
    }

    [Theory]
    [InlineData("sora_commands_total", null, "counter", "sora_commands_total")]
    [InlineData("sora_commit_duration_seconds", "s", "histogram", "sora_commit_duration_seconds")]
    [InlineData("dotnet.gc.collections", "{collection}", "counter", "dotnet_gc_collections_total")]
    [InlineData("dotnet.process.cpu.time", "s", "counter", "dotnet_process_cpu_time_seconds_total")]
    [InlineData("dotnet.process.memory.working_set", "By", "gauge", "dotnet_process_memory_working_set_bytes")]
    [InlineData("db.client.connection.usage", "1", "gauge", "db_client_connection_usage_ratio")]
    [InlineData("2xx-count", null, "gauge", "_2xx_count")]
    public void Names(string name, string? unit, string type, string expected) => PrometheusName.Metric(name, unit, type).ShouldBe(expected);

    [Theory]
    [InlineData("db.system.name", "db_system_name")]
    [InlineData("a:b", "a_b")]
    [InlineData("9", "_9")]
    [InlineData("", "_")]
    public void Labels(string name, string expected) => PrometheusName.Label(name).ShouldBe(expected);

    [Fact]
    public void A_flood_of_label_values_is_bounded()
    {
        using var metrics = Pipeline();
        var counter = _meter.CreateCounter<long>("sora_test_total");
        for (var i = 0; i < 1000; i++)
            counter.Add(1, new KeyValuePair<string, object?>("what", i));
        Scrape(metrics, "sora_test").Split('\n').Length.ShouldBeLessThan(110);
    }

    private MetricsPipeline Pipeline() => new(new MetricsOptions { Runtime = false, MaxSeries = 100 }, "test", _meter.Name);

    /// <summary>Other tests of this process have meters too.</summary>
    private static string Scrape(MetricsPipeline metrics, string prefix) => string.Join(
        '\n', metrics.Scrape().Split('\n').Where(line => line.Length == 0 || line.Split(' ').Any(word => word.StartsWith(prefix, StringComparison.Ordinal))));
}
