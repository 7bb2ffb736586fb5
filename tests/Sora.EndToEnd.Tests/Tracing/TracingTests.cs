using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;
#if ORLEANS
using Sora.EndToEnd.Tests.Cluster;
#endif

namespace Sora.EndToEnd.Tests.Tracing;

/// <summary>What a collector hears of commands.</summary>
public sealed class TracingTests
{
    [Fact]
    public async Task A_collector_gets_metrics_and_the_spans_of_commands()
    {
        using var collector = new Collector();
        await using (var sora = await SoraProcess.StartAsync([.. Traced(collector), $"metrics.otlp_endpoint={collector.Address}", "metrics.otlp_transport=HttpProtobuf"]))
        {
            await WorkAsync(sora, sora.FirstAccount.Address, sora.FirstAccount.Password);
            sora.Terminate();
            (await sora.WaitForExitAsync()).ShouldBe(0);
        }

        // What had not been sent is sent when the server stops
        collector.Requests("/v1/metrics").ShouldBeGreaterThan(0);
        var store = collector.Spans.Single(static span => span.Name == "imap STORE");
        store.Parent.ShouldBeEmpty();
        collector.Spans.ShouldContain(static span => span.Name == "lmtp MAIL");
        collector.Spans.Select(static span => span.Name).ToHashSet().IsSupersetOf(["lmtp MAIL", "imap LOGIN", "imap SELECT"]).ShouldBeTrue();

        // What commands asked of PostgreSQL, and nothing of what Sora asks of it by itself
        var commands = collector.Spans.Where(static span => span.Name.StartsWith("imap ", StringComparison.Ordinal)).Select(static span => span.Id).ToHashSet();
        collector.Spans.ShouldContain(span => commands.Contains(span.Parent));
        collector.Spans.ShouldAllBe(static span => span.Parent.Length > 0 || span.Name.StartsWith("imap ", StringComparison.Ordinal) || span.Name.StartsWith("lmtp ", StringComparison.Ordinal));
    }

#if ORLEANS
    [Fact]
    public async Task A_command_is_followed_to_the_node_of_its_mailbox()
    {
        using var collector = new Collector();
        await using (var cluster = await ClusterProcesses.StartAsync(1, 1, Traced(collector)))
        {
            await cluster.Gateways[0].CreateAccountsAsync(ClusterProcesses.Password, "traced@example.com");
            await WorkAsync(cluster.Gateways[0], "traced@example.com", ClusterProcesses.Password);
            foreach (var node in new[] { cluster.Gateways[0], cluster.Mailstores[0] })
            {
                node.Terminate();
                (await node.WaitForExitAsync()).ShouldBe(0);
            }
        }

        var store = collector.Spans.Single(static span => span.Name == "imap STORE");
        store.Node.ShouldBe("gateway0");
        collector.Spans.ShouldContain(span => span.Trace == store.Trace && span.Node == "store0" && span.Name.Contains("StoreAsync"));
    }
#endif

    private static string[] Traced(Collector collector) => [$"tracing.otlp_endpoint={collector.Address}", "tracing.otlp_transport=HttpProtobuf", "tracing.sample_ratio=1"];

    private static async Task WorkAsync(SoraProcess sora, string user, string password)
    {
        using (var lmtp = await LmtpClient.ConnectAsync(sora.LmtpPort))
            await lmtp.DeliverAsync(user, TestMail.Make(1));
        using var imap = await ImapClient.OpenInboxAsync(sora.ImapPort, user, password);
        await imap.OkAsync("STORE 1 +FLAGS (\\Seen)");
    }
}
