using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Replicas;
using Sora.Gateway.Tests.Imap;
using Sora.Testing;

namespace Sora.Gateway.Tests.Replicas;

/// <summary>How far open mailboxes are behind what is known of them.</summary>
[Collection("imap")]
public sealed class ReplicaMetricsTests(ImapFixture fixture)
{
    [Fact]
    public async Task The_time_until_a_change_is_here_is_measured()
    {
        using var metrics = new GatewayMetrics();
        var lags = new ConcurrentQueue<double>();
        var gauges = new ConcurrentDictionary<string, int>();
        using var listener = new MeterListener
        {
            // Only this gateway's instruments: tests run side by side
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter == metrics.ReplicaLag.Meter && instrument.Name.StartsWith("sora_replica", StringComparison.Ordinal))
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => lags.Enqueue(value));
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => gauges[instrument.Name] = value);
        var user = await fixture.UserAsync();
        var replicas = new MailboxReplicas(fixture.Node.Mailboxes, metrics, TimeProvider.System, new ErrorLog<MailboxReplicas>());
        using var session = (await replicas.OpenAsync(await MailstoreNode.IdAsync(user.Account, "INBOX"), CancellationToken.None)).Value;
        listener.Start();
        await user.DeliverAsync("Subject: one\n\nfirst\n");
        await Eventually.WaitAsync(() => !lags.IsEmpty);
        lags.ShouldAllBe(static seconds => seconds > 0 && seconds < 60);
        session.Replica.Current!.Count.ShouldBe(1);
        listener.RecordObservableInstruments();
        gauges.ShouldBe(new Dictionary<string, int> { ["sora_replicas_open"] = 1, ["sora_replicas_behind"] = 0 }, ignoreOrder: true);

        // It cannot have what is not there: a mailbox that does not come nearer is counted
        session.Replica.Changed(session.Replica.Id, new ModSeq(session.Replica.Current!.HighestModSeq.Value + 1));
        listener.RecordObservableInstruments();
        gauges["sora_replicas_behind"].ShouldBe(1);
    }
}
