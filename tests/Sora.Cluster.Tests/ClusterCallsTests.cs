using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Grains;
using Sora.Grains.Calls;
using Sora.Grains.Configuration;
using Sora.Testing;

namespace Sora.Cluster.Tests;

/// <summary>When calls are made again, on a clock that the test moves, to a mailbox that answers when the test says so.</summary>
public sealed class ClusterCallsTests : IDisposable
{
    private static readonly TimeSpan Attempt = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private readonly ClusterMetrics _metrics = new();
    private readonly MovedTime _time = new();
    private readonly List<TaskCompletionSource<MailResult<int>>> _attempts = [];
    private readonly ClusterCalls _calls;

    public ClusterCallsTests() =>
        _calls = new ClusterCalls(new ClusterOptions { AttemptTimeout = Attempt, CallTimeout = TimeSpan.FromSeconds(15) }, _metrics, _time, NullLogger<ClusterCalls>.Instance);

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public async Task What_is_under_way_when_a_mailstore_is_lost_is_made_again_at_once()
    {
        var calls = new[] { Call(), Call(CancellationToken.None), Call(new CancellationTokenSource().Token) };
        _attempts.Count.ShouldBe(3);
        _calls.Interrupt();
        (await StepsUntilAsync(() => _attempts.Count == 6)).ShouldBeLessThan(Attempt / 2);
        for (var i = 0; i < 6; i++)
            _attempts[i].SetResult(i); // what was asked first answers too, and nobody hears it
        (await Task.WhenAll(calls)).Select(static result => result.Value).Order().ShouldBe([3, 4, 5]);
    }

    [Fact]
    public async Task Only_after_one_was_not_answered_in_time_may_an_attempt_take_longer()
    {
        var call = Call();
        _calls.Interrupt();
        await StepsUntilAsync(() => _attempts.Count == 2);
        (await StepsUntilAsync(() => _attempts.Count == 3)).ShouldBeInRange(Attempt, Attempt * 1.5);
        (await StepsUntilAsync(() => _attempts.Count == 4)).ShouldBeInRange(Attempt * 2, Attempt * 2.5);
        _attempts[3].SetResult(1);
        (await call).Value.ShouldBe(1);
    }

    [Fact]
    public async Task A_client_that_leaves_is_not_waited_for()
    {
        using var leaving = new CancellationTokenSource();
        var call = Call(leaving.Token);
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => call);
        _attempts.Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_made_again_anyway_ends_when_a_mailstore_is_lost()
    {
        var watch = _calls.OnceAsync(() => new TaskCompletionSource<int>().Task, TimeSpan.FromDays(1), CancellationToken.None);
        _calls.Interrupt();
        await Should.ThrowAsync<OperationCanceledException>(() => watch);
        (await _calls.OnceAsync(static () => Task.FromResult(1), Attempt, CancellationToken.None)).ShouldBe(1);
    }

    private Task<MailResult<int>> Call(CancellationToken cancellationToken = default) => _calls.InvokeAsync(
        "test",
        this,
        static (test, _, _) =>
        {
            var attempt = new TaskCompletionSource<MailResult<int>>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (test._attempts)
                test._attempts.Add(attempt);
            return attempt.Task;
        },
        cancellationToken);

    // How long it took, on the moved clock
    private async Task<TimeSpan> StepsUntilAsync(Func<bool> condition)
    {
        var from = _time.GetTimestamp();
        await Eventually.WaitAsync(() =>
        {
            if (condition())
                return true;
            if (_time.Waiting > 0)
                _time.Advance(Step);
            return condition();
        });
        return _time.GetElapsedTime(from);
    }
}
