using Sora.Contracts;
using Sora.Grains;
using Sora.Grains.Configuration;
using Sora.Grains.Mailboxes;
using Sora.Testing;

namespace Sora.Cluster.Tests;

/// <summary>When appends go, on a clock that the test moves, to a mailstore that answers when the test says so.</summary>
public sealed class AppendLaneTests : IDisposable
{
    private readonly ClusterMetrics _metrics = new();
    private readonly MovedTime _time = new();
    private readonly Mailstore _mailstore = new();
    private readonly AppendLane _lane;

    public AppendLaneTests() => _lane = new AppendLane(_mailstore, new ClusterOptions { AppendBatch = 4, AppendWait = TimeSpan.FromMilliseconds(10) }, _metrics, _time);

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public async Task One_goes_when_nothing_is_on_its_way_and_others_when_as_many_wait()
    {
        var first = Append(1);
        var second = Append(2);
        var third = Append(3);
        _mailstore.Sizes.ShouldBe([1, 1]); // the third alone would be less than the two
        var fourth = Append(4);
        _mailstore.Sizes.ShouldBe([1, 1, 2]);

        _mailstore.Answer(2);
        await Task.WhenAll(third, fourth);
        first.IsCompleted.ShouldBeFalse();
        _mailstore.Answer(0);
        _mailstore.Answer(1);
        await Task.WhenAll(first, second);
    }

    [Fact]
    public async Task What_waits_goes_with_the_next_answer()
    {
        _ = Append(1);
        _ = Append(2);
        var third = Append(3);
        _mailstore.Answer(0); // one is on its way then, and one waits
        await Eventually.WaitAsync(() => _mailstore.Sizes.Count == 3);
        _mailstore.Answer(2);
        (await third).Mailstore.ShouldBe(Mailstore.Address);
    }

    [Fact]
    public async Task Nobody_waits_longer_than_append_wait_for_a_mailbox_that_is_slow()
    {
        _ = Append(1);
        _ = Append(2);
        var third = Append(3);
        _time.Advance(TimeSpan.FromMilliseconds(4));
        _mailstore.Sizes.ShouldBe([1, 1]);
        _time.Advance(TimeSpan.FromMilliseconds(1)); // half of append_wait: the lane looks twice in it
        await Eventually.WaitAsync(() => _mailstore.Sizes.Count == 3);
        _mailstore.Answer(2);
        await third;
    }

    [Fact]
    public async Task Who_comes_after_the_lane_began_to_wait_waits_no_longer_either()
    {
        _ = Append(1);
        _ = Append(2);
        _ = Append(3);
        _time.Advance(TimeSpan.FromMilliseconds(4));
        _ = Append(4);
        _ = Append(5); // four are on their way
        _mailstore.Sizes.ShouldBe([1, 1, 2]);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Eventually.WaitAsync(() => _time.Waiting == 1);
        _mailstore.Sizes.Count.ShouldBe(3);
        _time.Advance(TimeSpan.FromMilliseconds(5));
        await Eventually.WaitAsync(() => _mailstore.Sizes.Count == 4);
    }

    [Fact]
    public async Task A_wait_of_less_than_a_millisecond_is_waited_for_and_not_spun_through()
    {
        var lane = new AppendLane(_mailstore, new ClusterOptions { AppendBatch = 4, AppendWait = TimeSpan.FromMicroseconds(500) }, _metrics, _time);
        var appends = Enumerable.Range(1, 3).Select(i => Append(i, lane)).ToList();
        _mailstore.Sizes.ShouldBe([1, 1]);
        _time.Waiting.ShouldBe(1);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Eventually.WaitAsync(() => _mailstore.Sizes.Count == 3);
        for (var i = 0; i < 3; i++)
            _mailstore.Answer(i);
        await Task.WhenAll(appends);
    }

    [Fact]
    public void No_call_is_larger_than_append_batch()
    {
        for (var i = 0; i < 20; i++)
            _ = Append(i);
        _mailstore.Sizes.Max().ShouldBe(4);
    }

    [Fact]
    public async Task A_call_that_fails_is_everybodys_failure_and_nobody_elses()
    {
        var first = Append(1);
        _mailstore.Fail(0);
        await Should.ThrowAsync<TimeoutException>(() => first);
        var second = Append(2);
        _mailstore.Answer(1);
        await second;
    }

    private Task<PlacedAppend> Append(int mailbox, AppendLane? lane = null) =>
        (lane ?? _lane).AppendAsync(new MailboxAppend(new MailboxId(mailbox), new AppendRequest(OperationId.New(), [TestMessage.Append(mailbox)])));

    private sealed class Mailstore : IMailstoreService
    {
        public static readonly SiloAddress Address = SiloAddress.New(System.Net.IPAddress.Loopback, 1, 1);

        private readonly List<TaskCompletionSource<PlacedAppend[]>> _calls = [];

        /// <summary>How many appends each call had.</summary>
        public List<int> Sizes { get; } = [];

        public Task<PlacedAppend[]> AppendAsync(MailboxAppends appends)
        {
            var call = new TaskCompletionSource<PlacedAppend[]>(TaskCreationOptions.RunContinuationsAsynchronously);
            _calls.Add(call);
            Sizes.Add(appends.Appends.Count);
            return call.Task;
        }

        public void Answer(int call) => _calls[call].SetResult([.. Enumerable.Range(0, Sizes[call]).Select(static _ => new PlacedAppend(MailError.Unavailable(), Address, Address, Record: null))]);

        public void Fail(int call) => _calls[call].SetException(new TimeoutException());

        public Task<MailResult<MailboxUpdate>> OpenAsync(MailboxId mailbox, ModSeq known) => throw new NotSupportedException();

        public Task<MailResult<Recorded<StoreResult>>> StoreAsync(MailboxId mailbox, StoreRequest request) => throw new NotSupportedException();

        public Task<MailResult<Recorded<ExpungeResult>>> ExpungeAsync(MailboxId mailbox, ExpungeRequest request) => throw new NotSupportedException();

        public Task<MailResult<CopyResult>> CopyAsync(MailboxId mailbox, CopyRequest request) => throw new NotSupportedException();

        public Task<MailResult<Uid>> ClaimRecentAsync(MailboxId mailbox, Uid uidNext, bool keep) => throw new NotSupportedException();
    }
}
