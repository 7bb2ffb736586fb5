using System.Text;
using Sora.Contracts;
using Sora.Mailstore.Relay;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Relay;

public sealed class RelayQueueTests : IAsyncLifetime
{
    private static readonly RelayLimits Limits = new(true, 1 << 20, 10, 1000, 100, 200, 30, TimeSpan.FromDays(5));
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly CancellationToken None = CancellationToken.None;

    private MailstoreNode _node = null!;
    private RelayQueue _queue = null!;

    public async Task InitializeAsync()
    {
        _node = await MailstoreNode.StartAsync();
        _queue = Queue(Limits);
    }

    public async Task DisposeAsync()
    {
        _queue.Dispose();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task What_was_queued_is_taken_as_it_was_given()
    {
        var by = new RelayDeliverBy(DateTimeOffset.UtcNow.AddHours(1), IsReturn: true, IsTrace: true);
        var request = Request("op") with
        {
            Kind = RelayKind.Notify,
            Recipients = [new("b@example.net", "SUCCESS,FAILURE", "rfc822;first+2Bx@example.net"), new("c@example.net")],
            Return = "HDRS",
            EnvelopeId = "id+3D1",
            DeliverBy = by,
        };
        (await _queue.EnqueueAsync(request, None)).ShouldBe(RelayStatus.Queued);

        var work = (await TakeAsync())!;
        (work.Account, work.Kind, work.Sender, work.Return, work.EnvelopeId).ShouldBe((request.Account, RelayKind.Notify, "a@example.org", "HDRS", "id+3D1"));
        work.DeliverBy!.ShouldBe(by with { Time = work.DeliverBy!.Time });
        (work.DeliverBy.Time - by.Time).Duration().ShouldBeLessThan(TimeSpan.FromMilliseconds(1));
        work.Recipients.Select(target => target.Recipient).ShouldBe(request.Recipients);
        work.Recipients.ShouldAllBe(target => target.Attempts == 1 && !target.IsExpired && !target.DelayReported && target.LastReply == null);
        (await ReadAsync(work)).ShouldBe(Text(request.Prefix));
        work.Size.ShouldBe(request.Prefix.Length);
        work.Content.ShouldBe(RelayContent.SevenBit);
    }

    [Fact]
    public async Task A_repeated_operation_adds_nothing_also_when_both_come_at_once_and_after_it_was_sent()
    {
        var statuses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _queue.EnqueueAsync(Request("same"), None)));
        statuses.Count(status => status == RelayStatus.Queued).ShouldBe(1);
        statuses.Count(status => status == RelayStatus.AlreadyQueued).ShouldBe(7);
        var work = (await TakeAsync())!;
        (await TakeAsync()).ShouldBeNull();
        (await _queue.SettleAsync(work, [Sent(1)], null, None)).ShouldBeTrue();
        (await _queue.EnqueueAsync(Request("same"), None)).ShouldBe(RelayStatus.AlreadyQueued);

        // Another account's operations are its own
        (await _queue.EnqueueAsync(Request("same") with { Account = new AccountId(8) }, None)).ShouldBe(RelayStatus.Queued);
    }

    [Fact]
    public async Task Without_a_host_nothing_is_queued()
    {
        using var queue = Queue(Limits with { IsConfigured = false });
        (await queue.EnqueueAsync(Request("op"), None)).ShouldBe(RelayStatus.NotConfigured);
        (await CountAsync("relay_operations")).ShouldBe(0);
    }

    [Fact]
    public async Task An_account_sends_so_many_messages_in_an_hour_and_in_a_day()
    {
        using var queue = Queue(Limits with { MaxPerHour = 2, MaxPerDay = 3 });
        (await queue.EnqueueAsync(Request("1"), None)).ShouldBe(RelayStatus.Queued);
        (await queue.EnqueueAsync(Request("2"), None)).ShouldBe(RelayStatus.Queued);
        (await queue.EnqueueAsync(Request("3"), None)).ShouldBe(RelayStatus.RateLimited);
        (await queue.EnqueueAsync(Request("2"), None)).ShouldBe(RelayStatus.AlreadyQueued);
        (await queue.EnqueueAsync(Request("3") with { Account = new AccountId(8) }, None)).ShouldBe(RelayStatus.Queued);

        await ExecuteAsync("UPDATE relay_operations SET created_at = created_at - interval '61 minutes'");
        (await queue.EnqueueAsync(Request("3"), None)).ShouldBe(RelayStatus.Queued);
        (await queue.EnqueueAsync(Request("4"), None)).ShouldBe(RelayStatus.RateLimited);
        await ExecuteAsync("UPDATE relay_operations SET created_at = created_at - interval '1 day'");
        (await queue.EnqueueAsync(Request("4"), None)).ShouldBe(RelayStatus.Queued);
    }

    [Fact]
    public async Task Of_messages_of_nobody_each_who_gets_them_has_a_rate()
    {
        using var queue = Queue(Limits with { MaxPerHour = 2, MaxPerDay = 2 });
        var one = Request("0") with { Account = default, Kind = RelayKind.Report, Recipients = [new("one@example.net")] };
        var other = one with { Recipients = [new("other@example.net")] };
        (await queue.EnqueueAsync(one with { OperationId = "1" }, None)).ShouldBe(RelayStatus.Queued);
        (await queue.EnqueueAsync(one with { OperationId = "2" }, None)).ShouldBe(RelayStatus.Queued);
        (await queue.EnqueueAsync(one with { OperationId = "3", Recipients = [new("One@Example.net")] }, None)).ShouldBe(RelayStatus.RateLimited);
        (await queue.EnqueueAsync(one with { OperationId = "2" }, None)).ShouldBe(RelayStatus.AlreadyQueued);
        (await queue.EnqueueAsync(other with { OperationId = "4" }, None)).ShouldBe(RelayStatus.Queued);
    }

    [Fact]
    public async Task What_was_taken_out_by_hand_stops_nobody_else()
    {
        await _queue.EnqueueAsync(Request("1") with { Recipients = [new("b@example.net"), new("c@example.net"), new("d@example.net")] }, None);
        var work = (await TakeAsync())!;
        (await new RelayAdministration(_node.Database).DeleteAsync(new RelayFilter(Recipient: "c@example.net"), None)).ShouldBe(1);
        (await _queue.RenewAsync(work, Minute, None)).ShouldBeTrue();
        (await _queue.SettleAsync(work, [Sent(1), Sent(2), Sent(3)], Report(), None)).ShouldBeFalse();
        (await CountAsync("relay_recipients")).ShouldBe(2);
        (await _queue.HeldAsync(work, None)).Order().ShouldBe([1, 3]);
        (await _queue.SettleAsync(work, [Sent(1), Sent(3)], null, None)).ShouldBeTrue();
        (await CountAsync("relay_messages")).ShouldBe(0);
        (await _queue.RenewAsync(work, Minute, None)).ShouldBeFalse();

        // Who took one over sends it: the other stops
        await _queue.EnqueueAsync(Request("2") with { Recipients = [new("b@example.net"), new("c@example.net")] }, None);
        work = (await TakeAsync())!;
        await ExecuteAsync("UPDATE relay_recipients SET lease = gen_random_uuid() WHERE number = 1");
        (await _queue.RenewAsync(work, Minute, None)).ShouldBeFalse();
    }

    // Looking goes on from where something was found: what comes to an earlier turn is found all the same
    [Fact]
    public async Task What_comes_late_to_its_turn_is_taken_too()
    {
        await _queue.EnqueueAsync(Request("1"), None);
        await _queue.EnqueueAsync(Request("2"), None);
        await _queue.EnqueueAsync(Request("3"), None);
        await ExecuteAsync("UPDATE relay_recipients SET next_attempt = now() - interval '1 hour'");
        await TakeAsync();
        await ExecuteAsync("UPDATE relay_recipients SET next_attempt = now() - interval '2 hours' WHERE message_id = (SELECT max(id) FROM relay_messages)");
        var second = (await TakeAsync())!;
        var third = (await TakeAsync())!;
        (second.Message < third.Message).ShouldBeTrue();
        (await TakeAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Many_are_tried_again_and_deleted_in_pages()
    {
        await ExecuteAsync(
            """
            INSERT INTO relay_messages (account_id, kind, sender) SELECT 5, i % 2, 'a@example.org' FROM generate_series(1, 6001) i;
            INSERT INTO relay_recipients (message_id, number, address, next_attempt, expires_at, is_report)
                SELECT id, n, 'b' || n || '@example.net', now() + interval '1 hour', now() + interval '2 hours', false FROM relay_messages, generate_series(1, 2) n
            """);
        var administration = new RelayAdministration(_node.Database);
        (await administration.RetryAsync(new RelayFilter(Kind: RelayKind.Redirect), None)).ShouldBe(6000);
        (await ScalarAsync<long>("SELECT count(*) FROM relay_recipients WHERE next_attempt <= now()")).ShouldBe(6000);
        (await administration.DeleteAsync(new RelayFilter(Recipient: "B1@EXAMPLE.NET"), None)).ShouldBe(6001);
        (await CountAsync("relay_messages")).ShouldBe(6001);
        (await administration.DeleteAsync(new RelayFilter(Kind: RelayKind.Vacation), None)).ShouldBe(3001);
        (await CountAsync("relay_messages")).ShouldBe(3000);
        (await administration.DeleteAsync(new RelayFilter(), None)).ShouldBe(3000);
        (await CountAsync("relay_messages")).ShouldBe(0);
    }

    [Fact]
    public async Task The_queue_has_a_limit_and_takes_more_when_something_left()
    {
        using var queue = Queue(Limits with { MaxQueue = 3 });
        (await queue.EnqueueAsync(Request("1") with { Recipients = [new("b@example.net"), new("c@example.net")] }, None)).ShouldBe(RelayStatus.Queued);
        (await queue.EnqueueAsync(Request("2") with { Recipients = [new("b@example.net"), new("c@example.net")] }, None)).ShouldBe(RelayStatus.QueueFull);
        (await queue.EnqueueAsync(Request("3"), None)).ShouldBe(RelayStatus.Queued);
        (await queue.EnqueueAsync(Request("2"), None)).ShouldBe(RelayStatus.QueueFull);
        await _queue.SettleAsync((await TakeAsync())!, [Sent(1), Sent(2)], null, None);
        await Eventually.WaitAsync(async () => await queue.EnqueueAsync(Request("2"), None) == RelayStatus.Queued);
    }

    [Theory]
    [InlineData(1000, 100, RelayStatus.Queued)]
    [InlineData(1, 1 << 20, RelayStatus.TooLarge)]
    [InlineData((1 << 20) + 1, 0, RelayStatus.TooLarge)]
    [InlineData(1 << 20, 0, RelayStatus.Queued)]
    [InlineData(300_000, 700_000, RelayStatus.Queued)]
    public async Task A_message_has_a_largest_size_and_may_come_again_after_it_was_refused(int prefix, int rest, RelayStatus expected)
    {
        var bytes = new byte[prefix + rest];
        Array.Fill(bytes, (byte)'x');
        (await _queue.EnqueueAsync(Split(bytes, prefix), None)).ShouldBe(expected);
        if (expected == RelayStatus.Queued)
            return;
        (await CountAsync("relay_operations") + await CountAsync("relay_messages") + await CountAsync("relay_chunks")).ShouldBe(0);
        (await _queue.EnqueueAsync(Request("op"), None)).ShouldBe(RelayStatus.Queued);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(256 * 1024)]
    [InlineData((256 * 1024) + 1)]
    [InlineData(800_000)]
    public async Task Every_byte_of_a_message_comes_back(int prefix)
    {
        var bytes = new byte[900_000];
        new Random(7).NextBytes(bytes);
        "Subject: x\r\n\r\n"u8.CopyTo(bytes);
        (await _queue.EnqueueAsync(Split(bytes, prefix), None)).ShouldBe(RelayStatus.Queued);
        var work = (await TakeAsync())!;
        work.Size.ShouldBe(bytes.Length);
        work.Content.ShouldBe(RelayContent.EightBitBody);
        Encoding.Latin1.GetBytes(await ReadAsync(work)).ShouldBe(bytes);
    }

    [Theory]
    [InlineData("Subject: x\r\n\r\nplain\r\n", RelayContent.SevenBit)]
    [InlineData("Subject: \u00FC\r\n\r\nplain\r\n", RelayContent.EightBitHeader)]
    [InlineData("Subject: x\n\n\u00FC\n", RelayContent.EightBitBody)]
    [InlineData("Subject: \u00FC\r\n\r\n\u00FC\r\n", RelayContent.EightBitHeader | RelayContent.EightBitBody)]
    [InlineData("Subject: \u00FC", RelayContent.EightBitHeader)]
    public async Task It_is_known_where_a_message_has_octets_from_128_on(string message, RelayContent expected)
    {
        await _queue.EnqueueAsync(Request("op") with { Prefix = Encoding.UTF8.GetBytes(message) }, None);
        (await TakeAsync())!.Content.ShouldBe(expected);
    }

    [Fact]
    public async Task A_header_that_is_no_UTF_8_asks_for_eight_bits_and_no_more()
    {
        await _queue.EnqueueAsync(Request("op") with { Prefix = Encoding.Latin1.GetBytes("Subject: \u00FC\r\n\r\nplain\r\n") }, None);
        (await TakeAsync())!.Content.ShouldBe(RelayContent.EightBitBody);
    }

    [Theory]
    [InlineData("b@example.net>\r\nRCPT TO:<c@example.net")]
    [InlineData("b@example.net NOTIFY=NEVER")]
    [InlineData("b@example.net\n")]
    [InlineData("")]
    [InlineData("b")]
    [InlineData("@example.net")]
    [InlineData("b@")]
    [InlineData("b..c@example.net")]
    [InlineData("b@example..net")]
    [InlineData("a b@example.net")]
    [InlineData("\"b@example.net")]
    [InlineData("\"a\"b\"@example.net")]
    [InlineData("\"a\\\"@example.net")]
    [InlineData("b@[300.1.1.1]")]
    [InlineData("b@[IPv6:1.2.3.4]")]
    public async Task An_address_that_would_break_a_command_is_refused(string address)
    {
        (await _queue.EnqueueAsync(Request("1") with { Recipients = [new(address)] }, None)).ShouldBe(RelayStatus.Invalid);
        if (address.Length > 0)
            (await _queue.EnqueueAsync(Request("2") with { Sender = address }, None)).ShouldBe(RelayStatus.Invalid);
    }

    [Theory]
    [InlineData("b+c=d@example.net")]
    [InlineData("\"john doe\"@example.net")]
    [InlineData("\"a\\\"<>\"@example.net")]
    [InlineData("b@[192.0.2.1]")]
    [InlineData("b@[IPv6:2001:db8::1]")]
    [InlineData("\u7528\u6237@\u4F8B\u5B50.\u6D4B\u8BD5")]
    [InlineData("\U0001F600@example.net")]
    [InlineData("b@my_host")]
    public async Task Every_address_of_RFC_5321_and_6531_may_be_written_to(string address) =>
        (await _queue.EnqueueAsync(Request("1") with { Sender = address, Recipients = [new(address)] }, None)).ShouldBe(RelayStatus.Queued);

    [Fact]
    public async Task Parameters_that_would_break_a_command_are_refused()
    {
        await InvalidAsync(Request("op") with { OperationId = "" });
        await InvalidAsync(Request("op") with { OperationId = new string('x', 201) });
        await InvalidAsync(Request("op") with { Recipients = [] });
        await InvalidAsync(Request("op") with { Recipients = [.. Enumerable.Range(0, 11).Select(i => new RelayRecipient($"u{i}@example.net"))] });
        await InvalidAsync(Request("op") with { Recipients = [new("b@exa\uD800mple.net")] });
        await InvalidAsync(Request("op") with { Return = "ALL" });
        foreach (var text in (string[])["", "a b", "a=b", "a+", "a+2", "a+2b", "\u00FC", new string('x', 101)])
            await InvalidAsync(Request("op") with { EnvelopeId = text });
        foreach (var text in (string[])["", "NEVER,DELAY", "success", "SUCCESS,SUCCESS", "SUCCESS FAILURE"])
            await InvalidAsync(Request("op") with { Recipients = [new("b@example.net", text)] });
        foreach (var text in (string[])["", "rfc822", ";x", "rfc822;", "rfc 822;x", "rfc822;a=b", "rfc822;" + new string('x', 500)])
            await InvalidAsync(Request("op") with { Recipients = [new("b@example.net", null, text)] });

        async Task InvalidAsync(RelayRequest request) => (await _queue.EnqueueAsync(request, None)).ShouldBe(RelayStatus.Invalid);
    }

    [Fact]
    public async Task A_redirected_message_that_comes_back_is_not_redirected_again()
    {
        var ada = (await _node.CreateAccountAsync("ada@example.com")).Id;
        var bob = (await _node.CreateAccountAsync("bob@example.com")).Id;
        (await _queue.EnqueueAsync(Request("1") with { Account = ada, Kind = RelayKind.Redirect }, None)).ShouldBe(RelayStatus.Queued);
        var sent = await ReadAsync((await TakeAsync())!);
        sent.ShouldEndWith(Text(Request("1").Prefix));
        sent.ShouldNotContain("ada");

        var back = Request("2") with { Kind = RelayKind.Redirect, Prefix = Encoding.ASCII.GetBytes("Received: by b\r\n" + sent) };
        (await _queue.EnqueueAsync(back with { Account = bob }, None)).ShouldBe(RelayStatus.Queued);
        (await _queue.EnqueueAsync(back with { Account = ada }, None)).ShouldBe(RelayStatus.Loop);

        // What is no redirect says nothing of earlier ones, and text is no header
        (await _queue.EnqueueAsync(back with { Account = ada, Kind = RelayKind.Report }, None)).ShouldBe(RelayStatus.Queued);
        var quoted = back with { Account = ada, OperationId = "3", Prefix = Encoding.ASCII.GetBytes("Subject: x\r\n\r\n" + sent) };
        (await _queue.EnqueueAsync(quoted, None)).ShouldBe(RelayStatus.Queued);
    }

    [Theory]
    [InlineData(30, RelayStatus.Queued)]
    [InlineData(31, RelayStatus.Loop)]
    public async Task A_message_that_went_through_too_many_hosts_is_not_redirected(int hops, RelayStatus expected)
    {
        var header = string.Concat(Enumerable.Repeat("received: from x\r\n\tby y\r\n", hops));
        (await _queue.EnqueueAsync(Request("op") with { Kind = RelayKind.Redirect, Prefix = Encoding.ASCII.GetBytes(header + "\r\ntext\r\n") }, None)).ShouldBe(expected);
        var bounce = Request("bounce") with { Account = default, Kind = RelayKind.Report, Sender = "", Prefix = Encoding.ASCII.GetBytes(header + "\r\ntext\r\n") };
        (await _queue.EnqueueAsync(bounce, None)).ShouldBe(expected);
    }

    [Fact]
    public async Task What_one_has_taken_nobody_else_gets_until_the_lease_ends()
    {
        await _queue.EnqueueAsync(Request("1"), None);
        await _queue.EnqueueAsync(Request("2"), None);
        await _queue.EnqueueAsync(Request("3"), None);
        var taken = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => TakeAsync()));
        taken.OfType<RelayWork>().Select(work => work.Message).Distinct().Count().ShouldBe(taken.OfType<RelayWork>().Count());
        while (await TakeAsync() is not null)
            continue;

        // Its holder died: somebody else goes on, and who was thought dead has no say any more
        var dead = taken.OfType<RelayWork>().First();
        await ExecuteAsync($"UPDATE relay_recipients SET next_attempt = now() - interval '1 second' WHERE message_id = {dead.Message}");
        var next = (await TakeAsync())!;
        (next.Message, next.Recipients.Single().Attempts).ShouldBe((dead.Message, 2));
        next.Lease.ShouldNotBe(dead.Lease);
        (await _queue.RenewAsync(dead, Minute, None)).ShouldBeFalse();
        (await _queue.SettleAsync(dead, [Sent(1)], Report(), None)).ShouldBeFalse();
        (await CountAsync("relay_messages")).ShouldBe(3);
        (await _queue.SettleAsync(next, [Sent(1)], null, None)).ShouldBeTrue();
        (await CountAsync("relay_messages")).ShouldBe(2);
    }

    [Fact]
    public async Task A_lease_that_is_renewed_does_not_end()
    {
        await _queue.EnqueueAsync(Request("1"), None);
        var work = (await _queue.TakeAsync(TimeSpan.FromMinutes(1), 10, false, None))!;
        (await _queue.RenewAsync(work, TimeSpan.FromHours(3), None)).ShouldBeTrue();
        (await ScalarAsync<bool>("SELECT next_attempt > now() + interval '2 hours' FROM relay_recipients")).ShouldBeTrue();
    }

    [Fact]
    public async Task Each_recipient_has_a_fate_of_its_own()
    {
        await _queue.EnqueueAsync(Request("1") with { Recipients = [new("b@example.net"), new("c@example.net"), new("d@example.net")] }, None);
        var work = (await TakeAsync())!;
        var reply = new RelayReply(451, "4.7.1", "come back", "mx.example.net");
        (await _queue.SettleAsync(
            work,
            [Sent(1), new RelayOutcome(2, RelayFate.Deferred, reply) { Pause = TimeSpan.Zero, DelayReported = true }, new RelayOutcome(3, RelayFate.Failed, reply)],
            Report(),
            None)).ShouldBeTrue();
        var left = new List<RelayWork> { (await TakeAsync())!, (await TakeAsync())! }.OrderBy(found => found.Message).ToList();
        (await TakeAsync()).ShouldBeNull();
        var target = left[0].Recipients.Single();
        (left[0].Message, target.Recipient.Address, target.Attempts, target.DelayReported, target.LastReply).ShouldBe((work.Message, "c@example.net", 2, true, reply));
        (left[1].Kind, left[1].Sender, left[1].Recipients.Single().Recipient.Address).ShouldBe((RelayKind.Report, "", "a@example.org"));
        (await ReadAsync(left[1])).ShouldBe("Subject: report\r\n\r\n");
    }

    [Fact]
    public async Task Some_recipients_are_taken_at_a_time()
    {
        await _queue.EnqueueAsync(Request("1") with { Recipients = [new("b@example.net"), new("c@example.net"), new("d@example.net")] }, None);
        var first = (await _queue.TakeAsync(Minute, 2, false, None))!;
        var second = (await _queue.TakeAsync(Minute, 2, false, None))!;
        first.Recipients.Select(target => target.Number).ShouldBe([1, 2]);
        second.Recipients.Select(target => target.Number).ShouldBe([3]);
        await Task.WhenAll(_queue.SettleAsync(first, [Sent(1), Sent(2)], null, None), _queue.SettleAsync(second, [Sent(3)], null, None));
        (await CountAsync("relay_messages")).ShouldBe(0);
    }

    [Fact]
    public async Task A_message_expires_when_the_queue_or_its_sender_says_so()
    {
        await _queue.EnqueueAsync(Request("1"), None);
        await _queue.EnqueueAsync(Request("2") with { DeliverBy = new RelayDeliverBy(DateTimeOffset.UtcNow.AddSeconds(-1), IsReturn: true) }, None);
        await _queue.EnqueueAsync(Request("3") with { DeliverBy = new RelayDeliverBy(DateTimeOffset.UtcNow.AddDays(100), IsReturn: true) }, None);
        var expired = (await _queue.TakeAsync(Minute, 10, withoutHost: true, None))!;
        expired.Recipients.Single().IsExpired.ShouldBeTrue();
        (await _queue.TakeAsync(Minute, 10, withoutHost: true, None)).ShouldBeNull();
        (await ScalarAsync<bool>("SELECT max(expires_at) BETWEEN now() + interval '4.9 days' AND now() + interval '5 days' FROM relay_recipients")).ShouldBeTrue();

        // A time after which the sender only wants to hear of the delay ends nothing
        await _queue.EnqueueAsync(Request("5") with { DeliverBy = new RelayDeliverBy(DateTimeOffset.UtcNow.AddSeconds(-1), IsReturn: false), Kind = RelayKind.Report }, None);
        (await _queue.TakeAsync(Minute, 10, withoutHost: true, None))!.Recipients.Single().IsExpired.ShouldBeFalse();

        // A pause does not reach beyond it
        var work = (await TakeAsync())!;
        await _queue.SettleAsync(work, [new RelayOutcome(1, RelayFate.Deferred, new RelayReply(0, "4.4.1", "no answer")) { Pause = TimeSpan.FromDays(9) }], null, None);
        (await ScalarAsync<bool>($"SELECT next_attempt = expires_at FROM relay_recipients WHERE message_id = {work.Message}")).ShouldBeTrue();
    }

    [Fact]
    public async Task Who_waits_is_woken_by_a_message()
    {
        var waiting = _queue.WaitAsync(TimeSpan.FromMinutes(5), None);
        waiting.IsCompleted.ShouldBeFalse();
        await _queue.EnqueueAsync(Request("1"), None);
        await waiting.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task What_waits_is_counted()
    {
        (await _queue.CountAsync(None)).ShouldBe(new RelayBacklog(0, TimeSpan.Zero));
        await _queue.EnqueueAsync(Request("1") with { Recipients = [new("b@example.net"), new("c@example.net")] }, None);
        await ExecuteAsync("UPDATE relay_messages SET created_at = now() - interval '1 hour'");
        var backlog = await _queue.CountAsync(None);
        backlog.Recipients.ShouldBe(2);
        backlog.OldestAge.ShouldBeInRange(TimeSpan.FromMinutes(60), TimeSpan.FromMinutes(62));
    }

    [Fact]
    public async Task Old_operations_are_forgotten()
    {
        for (var i = 0; i < 5; i++)
            await _queue.EnqueueAsync(Request($"{i}"), None);
        await ExecuteAsync("UPDATE relay_operations SET created_at = now() - interval '8 days' WHERE operation_id < '3'");
        (await new Sora.Mailstore.Storage.RelayStore(_node.Database).TrimOperationsAsync(TimeSpan.FromDays(7), 2, None)).ShouldBe(3);
        (await CountAsync("relay_operations")).ShouldBe(2);
    }

    private RelayQueue Queue(RelayLimits limits) => new(_node.Database, limits, _node.Metrics, TimeProvider.System);

    private static RelayRequest Request(string operation) => new(
        operation, new AccountId(7), RelayKind.Vacation, "a@example.org", [new RelayRecipient("b@example.net")], "Subject: hello\r\n\r\ntext\r\n"u8.ToArray());

    private static RelayRequest Report() => new(
        "report", default, RelayKind.Report, "", [new RelayRecipient("a@example.org")], "Subject: report\r\n\r\n"u8.ToArray());

    // The rest comes in pieces of odd lengths, as from a file
    private static RelayRequest Split(byte[] bytes, int prefix)
    {
        var at = prefix;
        return Request("op") with
        {
            Prefix = bytes.AsMemory(0, prefix),
            Rest = (buffer, _) =>
            {
                var count = Math.Min(Math.Min(buffer.Length, 7777), bytes.Length - at);
                bytes.AsMemory(at, count).CopyTo(buffer);
                at += count;
                return new ValueTask<int>(count);
            },
        };
    }

    private static RelayOutcome Sent(int number) => new(number, RelayFate.Sent, new RelayReply(250, "2.0.0", "ok"));

    private Task<RelayWork?> TakeAsync() => _queue.TakeAsync(Minute, 10, withoutHost: false, None);

    private async Task<string> ReadAsync(RelayWork work)
    {
        var text = new StringBuilder();
        for (var number = 0; await _queue.ReadAsync(work.Message, number, None) is { } piece; number++)
            text.Append(Encoding.Latin1.GetString(piece));
        return text.ToString();
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.Latin1.GetString(bytes.Span);

    private Task<long> CountAsync(string table) => ScalarAsync<long>($"SELECT count(*) FROM {table}");

    private async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = _node.Database.Write.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _node.Database.Write.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
