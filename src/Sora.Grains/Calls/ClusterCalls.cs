using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Grains.Configuration;

namespace Sora.Grains.Calls;

/// <summary>
/// Calls to mailboxes and accounts, wherever they are. A node that dies takes answers with it, and nobody says so for a while: each attempt has its own, short time, and the
/// call is made again, as the same operation, until its deadline. Then the client hears UNAVAILABLE and keeps its connection.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It has no timer to be freed, and calls that are still under way at the end use it")]
internal sealed class ClusterCalls(ClusterOptions options, ClusterMetrics metrics, TimeProvider time, ILogger<ClusterCalls> logger)
{
    private CancellationTokenSource _interruption = new();
    private long _failureTold;
    private int _failures;

    /// <summary>A node did not answer: what it knew of this process may be gone with it.</summary>
    public event Action? NodeLost;

    /// <param name="what">For logs and metrics.</param>
    /// <param name="state">What the call is made with.</param>
    /// <param name="call">Makes the call; may be called again after an attempt whose outcome is unknown.</param>
    /// <param name="cancellationToken">The client does not wait any more.</param>
    public async Task<MailResult<T>> InvokeAsync<TState, T>(
        string what, TState state, Func<TState, int, CancellationToken, Task<MailResult<T>>> call, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var isSlow = false;
        for (var attempt = 1; ; attempt++)
        {
            Exception failure;
            try
            {
                var interruption = Volatile.Read(ref _interruption).Token;
                var result = await WaitAsync(call(state, attempt, cancellationToken), Patience(started, isSlow), interruption, cancellationToken).ConfigureAwait(false);
                metrics.Called(what, time.GetElapsedTime(started));
                return result;
            }
            catch (Exception e) when (IsTransient(e) && !cancellationToken.IsCancellationRequested)
            {
                failure = e;
                isSlow |= e is TimeoutException;
            }

            NodeLost?.Invoke();
            var pause = Pause(attempt);
            if (time.GetElapsedTime(started) + pause >= options.CallTimeout)
            {
                Fail(what, failure);
                return MailError.Unavailable();
            }

            metrics.Retried(what);
            Log.AttemptFailed(logger, attempt, what, Reason(failure));
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A node is gone, perhaps with the answers to what is under way: nobody waits for those any more, the calls are made again. Whom they have reached knows them by their operation ids.</summary>
    public void Interrupt() => _ = Interlocked.Exchange(ref _interruption, new CancellationTokenSource()).CancelAsync();

    /// <summary>A single attempt at something that is made again anyway.</summary>
    /// <param name="call">Makes it.</param>
    /// <param name="patience">How long the answer is waited for.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    public Task<T> OnceAsync<T>(Func<Task<T>> call, TimeSpan patience, CancellationToken cancellationToken)
    {
        var interruption = Volatile.Read(ref _interruption).Token;
        return WaitAsync(call(), patience, interruption, cancellationToken);
    }

    /// <summary>Whether another attempt can help: the node, the way to it or its answer is missing.</summary>
    internal static bool IsTransient(Exception e) =>
        e is Orleans.Runtime.OrleansException or TimeoutException or IOException or SocketException or OperationCanceledException;

    /// <summary>What went wrong in a line; Orleans puts whole stack traces into its messages.</summary>
    internal static string Reason(Exception e)
    {
        var end = e.Message.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? e.Message : e.Message[..end];
    }

    private async Task<T> WaitAsync<T>(Task<T> answer, TimeSpan patience, CancellationToken interruption, CancellationToken cancellationToken)
    {
        if (answer.IsCompleted)
            return await answer.ConfigureAwait(false);
        using var end = cancellationToken.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(interruption, cancellationToken) : null;
        try
        {
            return await answer.WaitAsync(patience, time, end?.Token ?? interruption).ConfigureAwait(false);
        }
        catch
        {
            // Nobody waits for it any more; that it fails in the end is no news
            _ = answer.ContinueWith(static late => _ = late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw;
        }
    }

    // What meets a node that has died is to be short, and one that was cut off is met until the others have taken it for dead. Only where an answer has not come in time is the node perhaps just slow
    private TimeSpan Patience(long started, bool isSlow)
    {
        var rest = options.CallTimeout - time.GetElapsedTime(started);
        var patience = options.AttemptTimeout * (isSlow ? 2 : 1);
        return patience < rest ? patience : rest > TimeSpan.FromMilliseconds(1) ? rest : TimeSpan.FromMilliseconds(1);
    }

    private TimeSpan Pause(int attempt)
    {
        var most = Math.Min(options.RetryPause.TotalMilliseconds, 10 << Math.Min(attempt - 1, 10));
        return TimeSpan.FromMilliseconds(most * (0.5 + (Random.Shared.NextDouble() / 2)));
    }

    // While all mailstores are away that is every client's command: one line a second says it
    private void Fail(string what, Exception failure)
    {
        metrics.Failed(what);
        var now = time.GetTimestamp();
        var last = Interlocked.Read(ref _failureTold);
        if (last != 0 && time.GetElapsedTime(last, now) < TimeSpan.FromSeconds(1))
        {
            Interlocked.Increment(ref _failures);
            return;
        }

        Interlocked.Exchange(ref _failureTold, now);
        Log.CallFailed(logger, what, options.CallTimeout, Interlocked.Exchange(ref _failures, 0), Reason(failure));
    }
}
