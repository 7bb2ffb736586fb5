using System.Diagnostics.Metrics;
using Sora.Contracts;
using Sora.Testing;
using static Sora.Relay.Tests.RelayFixture;

namespace Sora.Relay.Tests;

public sealed class WorkerTests
{
    [Fact]
    public async Task Two_nodes_share_the_work_and_send_nothing_twice()
    {
        await using var first = new SmtpPeer();
        await using var second = new SmtpPeer();
        await using var fixture = await RelayFixture.StartAsync(first);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => fixture.EnqueueAsync(Request($"{i}", $"Subject: {i}\r\n\r\n"))));
        fixture.Work();
        fixture.Work(new RelayOptions { Hosts = [second.Address], Tls = RelayTls.None, PollInterval = TimeSpan.FromMilliseconds(50) });
        await fixture.EmptyAsync();
        first.Messages.ShouldNotBeEmpty();
        second.Messages.ShouldNotBeEmpty();
        first.Messages.Concat(second.Messages).Select(message => message.Text.Split("Subject: ")[1]).Distinct().Count().ShouldBe(200);
        (first.Messages.Count + second.Messages.Count).ShouldBe(200);
        first.Connections.ShouldBeLessThanOrEqualTo(4);
    }

    [Fact]
    public async Task A_lease_is_renewed_as_long_as_the_message_is_being_sent()
    {
        await using var peer = new SmtpPeer();
        using var answer = new ManualResetEventSlim();
        peer.Final = _ =>
        {
            answer.Wait(TimeSpan.FromSeconds(30));
            return ["250 2.0.0 ok"];
        };
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Lease = TimeSpan.FromSeconds(3);
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        fixture.Work();
        await Eventually.WaitAsync(async () => await fixture.ScalarAsync<bool>("SELECT coalesce(max(next_attempt), now()) > (SELECT max(created_at) FROM relay_messages) + interval '7 seconds' FROM relay_recipients"));
        answer.Set();
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem();
        peer.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task The_work_of_a_node_that_died_goes_on()
    {
        await using var peer = new SmtpPeer();
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request());
        (await fixture.Queue.TakeAsync(TimeSpan.FromMilliseconds(500), 10, false, default)).ShouldNotBeNull();
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Who_loses_the_lease_stops_sending()
    {
        await using var peer = new SmtpPeer();
        peer.On("MAIL", "");
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Lease = TimeSpan.FromSeconds(1);
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        await Eventually.WaitAsync(() => peer.Commands.Any(command => command.StartsWith("MAIL", StringComparison.Ordinal)));
        await fixture.ExecuteAsync("UPDATE relay_recipients SET lease = gen_random_uuid(), next_attempt = now()");
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_node_that_stops_finishes_what_it_is_sending()
    {
        await using var peer = new SmtpPeer();
        using var answer = new ManualResetEventSlim();
        using var isAsked = new ManualResetEventSlim();
        peer.Final = _ =>
        {
            isAsked.Set();
            answer.Wait(TimeSpan.FromSeconds(30));
            return ["250 2.0.0 ok"];
        };
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request());
        var worker = fixture.Work();
        isAsked.Wait(TimeSpan.FromSeconds(30)).ShouldBeTrue();
        var stopping = worker.DisposeAsync().AsTask();
        stopping.IsCompleted.ShouldBeFalse();
        answer.Set();
        await stopping.WaitAsync(TimeSpan.FromMinutes(1));
        (await fixture.Queue.CountAsync(default)).Recipients.ShouldBe(0);
        peer.Commands.Last().ShouldBe("QUIT");
    }

    [Fact]
    public async Task A_node_that_cannot_finish_in_time_gives_back_what_it_has()
    {
        await using var peer = new SmtpPeer();
        peer.On("MAIL", "");
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.StopTimeout = TimeSpan.FromMilliseconds(100);
        await fixture.EnqueueAsync(Request());
        var worker = fixture.Work();
        await Eventually.WaitAsync(() => peer.Commands.Any(command => command.StartsWith("MAIL", StringComparison.Ordinal)));
        await worker.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        (await fixture.ScalarAsync<bool>("SELECT lease IS NULL AND next_attempt <= now() FROM relay_recipients")).ShouldBeTrue();
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_message_is_sent_as_soon_as_it_is_queued_in_this_process()
    {
        await using var peer = new SmtpPeer();
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.PollInterval = TimeSpan.FromMinutes(10);
        fixture.Work();
        for (var i = 0; i < 5; i++)
        {
            await fixture.EnqueueAsync(Request($"{i}"));
            await fixture.EmptyAsync();
        }

        peer.Messages.Count.ShouldBe(5);
    }

    [Fact]
    public async Task What_leaves_is_counted()
    {
        var outcomes = new System.Collections.Concurrent.ConcurrentDictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name is "sora_relay_recipients_total" or "sora_relay_queue_recipients" or "sora_relay_host_failures_total" or "sora_relay_reports_lost_total")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (tags.Length > 0)
                outcomes.AddOrUpdate((string)tags[0].Value!, value, (_, sum) => sum + value);
            else
                outcomes[instrument.Name] = value;
        });
        listener.Start();
        await using var peer = new SmtpPeer();
        peer.Always("RCPT TO:<bad@", "550 5.1.1 no");
        peer.On("RCPT TO:<later@", "450 4.2.0 later");
        peer.On("EHLO", "421 4.3.2 not yet");
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request("0", recipients: "bad@example.net") with { Kind = RelayKind.Report, Sender = "" });
        await fixture.EnqueueAsync(Request("1", recipients: ["b@example.net", "bad@example.net", "later@example.net"]) with { Sender = "" });
        fixture.Work();
        await fixture.EmptyAsync();

        // Other tests of this process count on instruments of the same names
        await Eventually.WaitAsync(() => outcomes.GetValueOrDefault("sent") >= 2 && outcomes.GetValueOrDefault("failed") >= 1 && outcomes.GetValueOrDefault("deferred") >= 1
            && outcomes.GetValueOrDefault("localhost") >= 1 && outcomes.GetValueOrDefault("sora_relay_reports_lost_total") >= 1);
        listener.RecordObservableInstruments();
        outcomes.ShouldContainKey("sora_relay_queue_recipients");
    }

    [Fact]
    public void Pauses_double_within_limits()
    {
        for (var attempt = 1; attempt < 2000; attempt++)
        {
            var expected = Math.Min(10 * Math.Pow(2, attempt - 1), 3600);
            Backoff.Pause(TimeSpan.FromSeconds(10), TimeSpan.FromHours(1), attempt).TotalSeconds.ShouldBeInRange(0.75 * expected, 1.25 * expected);
        }
    }
}
