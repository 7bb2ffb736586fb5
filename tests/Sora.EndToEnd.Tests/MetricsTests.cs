using System.Globalization;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;

namespace Sora.EndToEnd.Tests;

[Collection(SharedServerTests.Name)]
public sealed class MetricsTests(SharedServer server)
{
    private readonly SoraProcess _sora = server.Sora;

    [Fact]
    public async Task Metrics_are_prometheus_text()
    {
        var user = server.NextAccount();
        using (var lmtp = await LmtpClient.ConnectAsync(_sora.LmtpPort))
            await lmtp.DeliverAsync(user, TestMail.Make(1));
        using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, user, SharedServer.Password);
        using var http = new HttpClient();
        var response = await http.GetAsync(new Uri($"http://127.0.0.1:{_sora.HttpPort}/metrics"));
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
        var families = new Dictionary<string, string>();
        var samples = new Dictionary<string, double>();
        foreach (var line in (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ');
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
                families.TryAdd(words[2], words[3]).ShouldBeTrue("a family twice: " + line);
            else if (!line.StartsWith('#'))
                samples.TryAdd(line[..line.LastIndexOf(' ')], Number(words[^1])).ShouldBeTrue("a sample twice: " + line);
        }

        families.Values.Distinct().ShouldBeSubsetOf(["counter", "gauge", "histogram"]);
        families.Keys.Count(static name => name.StartsWith("sora_", StringComparison.Ordinal)).ShouldBeGreaterThan(5);
        foreach (var name in samples.Keys.Select(static sample => sample.Split('{')[0]))
        {
            var family = families.Keys.FirstOrDefault(family => name == family || IsPartOf(family, name));
            family.ShouldNotBeNull($"{name} has no TYPE");
        }

        bool IsPartOf(string family, string name) =>
            families[family] == "histogram" && new[] { "_bucket", "_sum", "_count" }.Any(end => name == family + end);

        static double Number(string text) => text switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
        };
    }
}
