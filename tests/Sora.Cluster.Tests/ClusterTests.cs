using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Sora.Contracts;
using Sora.Testing;

namespace Sora.Cluster.Tests;

/// <summary>Mailboxes on several silos, seen through two gateways.</summary>
public sealed class ClusterTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private TestCluster _cluster = null!;
    private AccountId _account;
    private MailboxId _inbox;

    private IMailbox Left => _cluster.Left.Mailboxes.Get(_inbox);

    private IMailbox Right => _cluster.Right.Mailboxes.Get(_inbox);

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync(2);
        (_account, _inbox) = await _cluster.CreateAccountAsync();
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task What_one_gateway_writes_the_other_reads_at_once()
    {
        for (var i = 1; i <= 20; i++)
        {
            var (writer, reader) = i % 2 == 0 ? (Left, Right) : (Right, Left);
            var appended = await writer.AppendAsync(i);
            var index = await reader.IndexAsync();
            index.Numbers().ShouldBe(Enumerable.Range(1, i));
            index.HighestModSeq.ShouldBe(appended.ModSeq);
        }

        await Left.AddFlagAsync(UidSet.Range(1, 5), SystemFlags.Deleted);
        var expunged = (await Right.ExpungeAsync(new ExpungeRequest(OperationId.None, UidSet.All), None)).Value;
        (expunged.Expunged == UidSet.Range(1, 5)).ShouldBeTrue();
        (await Left.IndexAsync()).Count.ShouldBe(15);
        ((await Left.ExpungedSinceAsync(new ModSeq(0), None)).Value!.Value == UidSet.Range(1, 5)).ShouldBeTrue();
    }

    [Fact]
    public async Task Appends_for_mailboxes_of_one_mailstore_go_together()
    {
        var boxes = new List<MailboxId>();
        for (var i = 0; i < 10; i++)
            boxes.Add((await _cluster.Left.Accounts.Get(_account).CreateAsync(MailboxName.Parse($"Box{i}").Value, SpecialUse.None, None)).Value.Id);
        using var calls = new CallCounter(_cluster);
        foreach (var box in boxes)
            await _cluster.Left.Mailboxes.Get(box).AppendAsync(1);
        calls.Calls.ShouldBe(0, "nobody knows yet where the mailboxes are");

        var appended = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => _cluster.Left.Mailboxes.Get(boxes[i % boxes.Count]).AppendAsync(2 + (i / boxes.Count))));
        calls.Appends.ShouldBe(200);
        calls.Calls.ShouldBeLessThan(100);
        for (var i = 0; i < boxes.Count; i++)
        {
            var index = await _cluster.Right.Mailboxes.Get(boxes[i]).IndexAsync();
            index.Numbers().Order().ShouldBe(Enumerable.Range(1, 21));
            for (var j = i; j < appended.Length; j += boxes.Count)
                index[index.PositionOf(appended[j].Uids.First())].InternalDate.ShouldBe(2 + (j / boxes.Count));
        }
    }

    [Fact]
    public async Task An_append_follows_a_mailbox_that_has_moved()
    {
        using var calls = new CallCounter(_cluster);
        await Left.AppendAsync(1);
        await Left.AppendAsync(2);
        calls.Appends.ShouldBe(1);

        // Wherever it comes up, the mailstore that is asked passes the append on
        for (var i = 3; i <= 12; i++)
        {
            await _cluster.DeactivateAsync(_inbox);
            await Left.AppendAsync(i);
        }

        calls.Appends.ShouldBe(11);
        (await Right.IndexAsync()).Numbers().ShouldBe(Enumerable.Range(1, 12));
    }

    [Fact]
    public async Task What_goes_straight_to_a_mailstore_follows_a_mailbox_that_has_moved()
    {
        for (var i = 1; i <= 4; i++)
            await Left.AppendAsync(i); // says where it is
        using var served = new ServedCounter(_cluster);
        await Left.AddFlagAsync(UidSet.Of(1u), SystemFlags.Deleted);
        served.Of("StoreAsync").ShouldBe(1);

        await CheckAsync("StoreAsync", async () => (await Left.AddFlagAsync(UidSet.Of(2u), SystemFlags.Seen)).Modified.IsEmpty.ShouldBeTrue());
        await CheckAsync("OpenAsync", async () => (await Left.IndexAsync()).Count.ShouldBe(4));
        await CheckAsync("ExpungeAsync", async () => (await Left.ExpungeAsync(new ExpungeRequest(OperationId.New(), UidSet.All), None)).Value.Expunged.Count.ShouldBe(1));
        await CheckAsync("CopyAsync", async () => (await Left.CopyAsync(new CopyRequest(OperationId.New(), UidSet.Of(2u), _inbox, Move: false), None)).Value.DestinationUids.Count.ShouldBe(1));
        await CheckAsync("ClaimRecentAsync", async () => (await Left.ClaimRecentAsync(new Uid(6), keep: true, None)).Value.ShouldBe(new Uid(1)));
        (await Right.IndexAsync()).Numbers().ShouldBe([2, 3, 4, 2]);

        // It is nowhere, of which nobody is told; the mailstore that had it passes the call on, and so two have served it
        async Task CheckAsync(string call, Func<Task> make)
        {
            await _cluster.DeactivateAsync(_inbox);
            served.Reset();
            await make();
            served.Of(call).ShouldBe(2);
        }
    }

    [Fact]
    public async Task Who_watches_gets_the_records_with_the_news()
    {
        var listener = new Listener();
        using var watch = _cluster.Left.Mailboxes.Subscribe(_inbox, listener);
        await Right.AppendAsync(1);
        await Eventually.WaitAsync(() => listener.Newest.Value > 0); // it is watched
        var index = await Left.IndexAsync();
        listener.Records.Clear();
        for (var i = 2; i <= 20; i++)
            await Right.AppendAsync(i);
        await Right.AddFlagAsync(UidSet.Range(3, 5), SystemFlags.Deleted);
        await Right.ExpungeAsync(new ExpungeRequest(OperationId.New(), UidSet.All), None);
        var newest = await Right.IndexAsync();
        await Eventually.WaitAsync(() => listener.Newest == newest.HighestModSeq);
        while (listener.Records.TryRemove(index.HighestModSeq.Next, out var record))
            index = index.Apply(record);
        index.HighestModSeq.ShouldBe(newest.HighestModSeq);
        index.Numbers().ShouldBe(newest.Numbers());

        // Who makes a change gets its record with the answer
        var stored = await Left.AddFlagAsync(UidSet.All, SystemFlags.Seen);
        listener.Records.ContainsKey(stored.ModSeq).ShouldBeTrue();

        // What is large is asked for
        var messages = Enumerable.Range(1, 1000).Select(static i => TestMessage.Append(i)).ToList();
        var appended = (await Right.AppendAsync(new AppendRequest(OperationId.New(), messages), None)).Value;
        await Eventually.WaitAsync(() => listener.Newest == appended.ModSeq);
        listener.Records.Keys.Where(modSeq => modSeq > stored.ModSeq).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_append_that_a_mailbox_refuses_does_not_disturb_those_beside_it()
    {
        var gone = (await _cluster.Left.Accounts.Get(_account).CreateAsync(MailboxName.Parse("Gone").Value, SpecialUse.None, None)).Value.Id;
        await Left.AppendAsync(1);
        await _cluster.Left.Mailboxes.Get(gone).AppendAsync(1);
        (await _cluster.Right.Accounts.Get(_account).DeleteAsync(MailboxName.Parse("Gone").Value, None)).IsOk.ShouldBeTrue();
        var request = new AppendRequest(OperationId.New(), [TestMessage.Append(2)]);
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
            (i % 2 == 0 ? Left : _cluster.Left.Mailboxes.Get(gone)).AppendAsync(request with { Operation = OperationId.New() }, None)));
        for (var i = 0; i < results.Length; i++)
            results[i].IsOk.ShouldBe(i % 2 == 0);
        (await Right.IndexAsync()).Count.ShouldBe(11);
    }

    [Fact]
    public async Task Who_is_not_far_behind_gets_records_and_no_index()
    {
        await Left.AppendAsync(1);
        var index = await Left.IndexAsync();
        for (var i = 2; i <= 10; i++)
            await Left.AppendAsync(i);
        index = await CatchUpAsync(index);
        index.Numbers().ShouldBe(Enumerable.Range(1, 10));
        (await Left.OpenAsync(index.HighestModSeq, None)).Value.Deltas.ShouldBeEmpty();

        // After the mailbox has moved its records are in the log
        await Right.AddFlagAsync(UidSet.All, SystemFlags.Flagged);
        await _cluster.DeactivateAsync(_inbox);
        index = await CatchUpAsync(index);
        index[0].Flags.ShouldBe(FlagMask.Flagged);

        async Task<MailboxIndex> CatchUpAsync(MailboxIndex from)
        {
            var update = (await Left.OpenAsync(from.HighestModSeq, None)).Value;
            update.Index.ShouldBeNull();
            return update.Deltas.Aggregate(from, static (state, delta) => state.Apply(delta));
        }
    }

    [Fact]
    public async Task Who_watches_hears_of_what_others_write_also_after_the_mailbox_has_moved()
    {
        var left = new Listener();
        var right = new Listener();
        using var first = _cluster.Left.Mailboxes.Subscribe(_inbox, left);
        using var second = _cluster.Right.Mailboxes.Subscribe(_inbox, right);
        for (var i = 1; i <= 6; i++)
        {
            var appended = await (i % 2 == 0 ? Left : Right).AppendAsync(i);
            await Eventually.WaitAsync(() => left.Newest >= appended.ModSeq && right.Newest >= appended.ModSeq);
            if (i == 3)
                await _cluster.DeactivateAsync(_inbox);
        }
    }

    [Fact]
    public async Task A_copy_and_a_move_are_there_when_they_are_answered_wherever_the_mailboxes_are()
    {
        var uids = (await Left.AppendAsync(1)).Uids;
        var account = _cluster.Left.Accounts.Get(_account);
        for (var i = 0; i < 8; i++)
        {
            // Of eight mailboxes some are on the other silo; each is known there before
            var target = (await account.CreateAsync(MailboxName.Parse($"Target{i}").Value, SpecialUse.None, None)).Value.Id;
            await _cluster.Right.Mailboxes.Get(target).AppendAsync(100);
            var move = i % 2 == 1;
            (await Left.CopyAsync(new CopyRequest(OperationId.None, uids, target, move), None)).IsOk.ShouldBeTrue();
            (await _cluster.Right.Mailboxes.Get(target).IndexAsync()).Numbers().ShouldBe([100, 1]);
            (await Right.IndexAsync()).Count.ShouldBe(move ? 0 : 1);
            if (move)
                uids = (await Right.AppendAsync(1)).Uids;
        }
    }

    [Fact]
    public async Task A_delivery_into_several_mailboxes_is_there_when_it_is_answered()
    {
        var account = _cluster.Right.Accounts.Get(_account);
        var others = new List<MailboxId>();
        for (var i = 0; i < 4; i++)
        {
            others.Add((await account.CreateAsync(MailboxName.Parse($"Several{i}").Value, SpecialUse.None, None)).Value.Id);
            await _cluster.Left.Mailboxes.Get(others[i]).AppendAsync(7);
        }

        var appends = others.Append(_inbox).Select(static id => new MailboxAppend(id, new AppendRequest(OperationId.None, [TestMessage.Append(8)]))).ToList();
        var results = (await _cluster.Left.Mailboxes.AppendAllAsync(appends, None)).Value;
        results.Length.ShouldBe(5);
        foreach (var id in others)
            (await _cluster.Right.Mailboxes.Get(id).IndexAsync()).Numbers().ShouldBe([7, 8]);
        (await Right.IndexAsync()).Numbers().ShouldBe([8]);
    }

    [Fact]
    public async Task A_replaced_message_is_gone_and_its_successor_there_when_it_is_answered()
    {
        var uids = (await Left.AppendAsync(1)).Uids;
        var target = await MailstoreNode.IdAsync(_cluster.Left.Accounts.Get(_account), "Sent");
        await _cluster.Right.Mailboxes.Get(target).AppendAsync(5);
        var request = new ReplaceRequest(OperationId.None, uids, target, [TestMessage.Append(2)]);
        (await Left.ReplaceAsync(request, None)).IsOk.ShouldBeTrue();
        (await Right.IndexAsync()).Count.ShouldBe(0);
        (await _cluster.Right.Mailboxes.Get(target).IndexAsync()).Numbers().ShouldBe([5, 2]);
    }

    [Fact]
    public async Task The_same_operation_through_both_gateways_is_carried_out_once()
    {
        var request = new AppendRequest(OperationId.New(), [TestMessage.Append(1)]);
        var results = await Task.WhenAll(Left.AppendAsync(request, None), Right.AppendAsync(request, None));
        results[0].Value.Uids.ShouldBe(results[1].Value.Uids);
        results.Count(static result => result.Value.Repeated).ShouldBe(1);
        (await Left.IndexAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_a_client_does_with_its_mailboxes_it_sees_at_once()
    {
        var account = _cluster.Left.Accounts.Get(_account);
        var (old, young) = (MailboxName.Parse("Old/Below").Value, MailboxName.Parse("Young").Value);
        var created = (await account.CreateAsync(old, SpecialUse.None, None)).Value;
        (await account.ListAsync(None)).Find(old).ShouldBe(created);
        (await account.CreateAsync(old, SpecialUse.None, None)).Error!.Code.ShouldBe(MailErrorCode.AlreadyExists);
        (await account.RenameAsync(old, young, None)).IsOk.ShouldBeTrue();
        (await account.ListAsync(None)).Find(young)!.Id.ShouldBe(created.Id);
        (await account.SubscribeAsync(young, true, None)).IsOk.ShouldBeTrue();
        (await account.ListAsync(None)).IsSubscribed(young).ShouldBeTrue();

        // Whoever has it selected through the other gateway finds it gone
        var open = _cluster.Right.Mailboxes.Get(created.Id);
        await open.AppendAsync(1);
        (await account.DeleteAsync(young, None)).IsOk.ShouldBeTrue();
        (await account.DeleteAsync(young, None)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
        (await open.OpenAsync(new ModSeq(-1), None)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
    }

    [Fact]
    public async Task The_messages_of_a_renamed_inbox_are_in_the_new_mailbox()
    {
        await Left.AppendAsync(1);
        var account = _cluster.Left.Accounts.Get(_account);
        var to = MailboxName.Parse("Before").Value;
        (await account.RenameAsync(MailboxName.Inbox, to, None)).IsOk.ShouldBeTrue();
        (await Right.IndexAsync()).Count.ShouldBe(0);
        var moved = (await account.ListAsync(None)).Find(to)!.Id;
        (await _cluster.Right.Mailboxes.Get(moved).IndexAsync()).Numbers().ShouldBe([1]);
    }

    [Fact]
    public async Task Recent_messages_belong_to_one_session_of_all_gateways()
    {
        await Left.AppendAsync(1);
        await Left.AppendAsync(2);
        (await RecentAsync(_cluster.Right)).ShouldBe(2);
        (await Left.ClaimRecentAsync(new Uid(3), keep: true, None)).Value.ShouldBe(new Uid(1));
        (await Right.ClaimRecentAsync(new Uid(3), keep: false, None)).Value.ShouldBe(new Uid(1));
        (await Left.ClaimRecentAsync(new Uid(3), keep: false, None)).Value.ShouldBe(new Uid(3));
        (await RecentAsync(_cluster.Left)).ShouldBe(0);

        async Task<int> RecentAsync(TestGateway gateway) =>
            (await gateway.Accounts.Get(_account).StatusAsync([_inbox], withRecent: true, None))[0]!.Recent;
    }

    private sealed class Listener : IMailboxSubscriber
    {
        private long _newest;

        public ModSeq Newest => new(Volatile.Read(ref _newest));

        public ConcurrentDictionary<ModSeq, MailboxDelta> Records { get; } = [];

        public void Changed(MailboxId mailbox, ModSeq modSeq, IReadOnlyList<MailboxDelta> records)
        {
            foreach (var record in records)
                Records[record.ModSeq] = record;
            Changed(mailbox, modSeq);
        }

        public void Changed(MailboxId mailbox, ModSeq modSeq)
        {
            var known = Volatile.Read(ref _newest);
            while (modSeq.Value > known && Interlocked.CompareExchange(ref _newest, modSeq.Value, known) is var before && before != known)
                known = before;
        }
    }
}

/// <summary>Bodies that are too large for a call.</summary>
public sealed class LargeBodyTests
{
    [Theory]
    [InlineData(0, 40)]
    [InlineData(1024, 200_000)]
    public async Task They_reach_the_mailbox_by_way_of_the_database_and_leave_nothing_there(int most, int size)
    {
        await using var cluster = await TestCluster.StartAsync(1, options => options.MaxInlineBody = new Sora.Configuration.ByteSize(most));
        var (_, inbox) = await cluster.CreateAccountAsync();
        var request = new AppendRequest(OperationId.New(), [TestMessage.Append(1, size), TestMessage.Append(2, size)]);
        (await cluster.Left.Mailboxes.Get(inbox).AppendAsync(request, CancellationToken.None)).IsOk.ShouldBeTrue();
        await using var node = await cluster.StartNodeAsync();
        await using (var command = node.Database.Write.CreateCommand("SELECT octet_length(body) FROM staged_bodies ORDER BY id"))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            for (var i = 0; i < 2; i++)
            {
                (await reader.ReadAsync()).ShouldBeTrue();
                reader.GetInt32(0).ShouldBe(size);
            }
        }

        await using var left = node.Database.Write.CreateCommand("SELECT count(*) FROM arriving_bodies");
        (await left.ExecuteScalarAsync()).ShouldBe(0L);
    }
}

/// <summary>Counts what gateways of a cluster send to mailstores in one call with others.</summary>
internal sealed class CallCounter : IDisposable
{
    private readonly MeterListener _listener = new();
    private int _calls;
    private int _appends;

    public CallCounter(TestCluster cluster)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, cluster.Metrics.Meter) && instrument.Name == "sora_cluster_appends_per_call")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((_, appends, _, _) =>
        {
            Interlocked.Increment(ref _calls);
            Interlocked.Add(ref _appends, appends);
        });
        _listener.Start();
    }

    public int Calls => Volatile.Read(ref _calls);

    public int Appends => Volatile.Read(ref _appends);

    public void Dispose() => _listener.Dispose();
}

/// <summary>How many calls of each name silos have answered.</summary>
internal sealed class ServedCounter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, int> _calls = [];

    public ServedCounter(TestCluster cluster)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, cluster.Metrics.Meter) && instrument.Name == "sora_cluster_served_duration_seconds")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((_, _, tags, _) => _calls.AddOrUpdate((string)tags[0].Value!, 1, static (_, calls) => calls + 1));
        _listener.Start();
    }

    public int Of(string call) => _calls.GetValueOrDefault(call);

    public void Reset() => _calls.Clear();

    public void Dispose() => _listener.Dispose();
}
