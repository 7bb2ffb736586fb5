using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>Requests that fare alike.</summary>
internal enum S3Group
{
    Get,
    Put,
    Delete,
}

/// <summary>Makes requests: each with time limits, again when they failed, and not at all for a while when they only fail.</summary>
internal sealed class S3Calls
{
    private readonly S3Options _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Route[] _routes;

    public S3Calls(S3Options options, MailstoreMetrics metrics, TimeProvider time, ILogger logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _routes = [Make(S3Group.Get, options.GetBreaker), Make(S3Group.Put, options.PutBreaker), Make(S3Group.Delete, options.DeleteBreaker)];
        Metrics = new S3Metrics(metrics, () => _routes.Select(static (route, group) => ((S3Group)group, route.State.CircuitState)));
    }

    public S3Metrics Metrics { get; }

    /// <summary>Whether these requests are paused.</summary>
    public bool IsPaused(S3Group group) => _routes[(int)group].State.CircuitState is CircuitState.Open or CircuitState.Isolated;

    /// <summary>Makes a request until it succeeds, may not be sent again, or has been often enough.</summary>
    /// <param name="name">The operation, for metrics.</param>
    /// <param name="what">What it does, for messages: "get of 1/ab".</param>
    /// <exception cref="S3Exception">It failed.</exception>
    public Task<T> RunAsync<T>(S3Group group, string name, string what, Func<S3Attempt, Task<T>> call, CancellationToken cancellationToken) =>
        RunAsync(group, name, what, _options.RequestTimeout, call, cancellationToken);

    /// <inheritdoc cref="RunAsync{T}(S3Group, string, string, Func{S3Attempt, Task{T}}, CancellationToken)"/>
    /// <param name="answer">How long the answer may take to begin.</param>
    public async Task<T> RunAsync<T>(
        S3Group group, string name, string what, TimeSpan answer, Func<S3Attempt, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await _routes[(int)group].All.ExecuteAsync(
                static (state, token) => state.Self.AttemptAsync(state.name, state.what, state.answer, state.call, token),
                (Self: this, name, what, answer, call), cancellationToken).ConfigureAwait(false);
        }
        catch (BrokenCircuitException e)
        {
            Metrics.Operation(name, "paused", TimeSpan.Zero);
            throw new S3Exception(S3Trouble.Paused, $"S3 has failed too often and is left alone for a while: no {what}{(e.InnerException is { } cause ? $" ({cause.Message})" : "")}", e);
        }
    }

    /// <summary>An answer that began well did not end well, which counts like a request that failed.</summary>
    public async Task CountFailureAsync(S3Group group, S3Exception failure)
    {
        try
        {
            await _routes[(int)group].Breaker.ExecuteAsync(static (failure, _) => ValueTask.FromException(failure), failure).ConfigureAwait(false);
        }
        catch (Exception e) when (e is S3Exception or BrokenCircuitException)
        {
            // that was the purpose
        }
    }

    private async ValueTask<T> AttemptAsync<T>(string name, string what, TimeSpan answer, Func<S3Attempt, Task<T>> call, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        using var attempt = new S3Attempt(_options, answer, cancellationToken);
        try
        {
            var result = await call(attempt).ConfigureAwait(false);
            Metrics.Operation(name, "ok", _time.GetElapsedTime(started));
            return result;
        }
        catch (Exception e)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                Metrics.Operation(name, "cancelled", _time.GetElapsedTime(started));
                throw new OperationCanceledException(e.Message, e, cancellationToken);
            }

            if (e is LocalFailureException || S3Failure.Translate(e, what, attempt.IsTimeout) is not { } failure)
            {
                Metrics.Operation(name, "local", _time.GetElapsedTime(started));
                throw;
            }

            Metrics.Operation(name, OutcomeOf(failure), _time.GetElapsedTime(started));
            throw failure;
        }
    }

    private static string OutcomeOf(S3Exception failure) => failure switch
    {
        { IsMissing: true } => "missing",
        { Code: "Timeout" } => "timeout",
        { Trouble: S3Trouble.Refused } => "refused",
        { Trouble: S3Trouble.Damaged } => "damaged",
        _ => "failed",
    };

    private Route Make(S3Group group, S3BreakerOptions breaker)
    {
        var state = new CircuitBreakerStateProvider();
        var name = S3Metrics.NameOf(group);
        var single = new ResiliencePipelineBuilder { TimeProvider = _time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<S3Exception>(static failure => failure.Trouble == S3Trouble.Outage),
                FailureRatio = breaker.FailureRatio,
                MinimumThroughput = breaker.MinRequests,
                SamplingDuration = breaker.Window,
                BreakDuration = breaker.Pause,
                StateProvider = state,
                OnOpened = _ =>
                {
                    Log.Paused(_logger, name, breaker.Pause);
                    return default;
                },
                OnClosed = _ =>
                {
                    Log.Resumed(_logger, name);
                    return default;
                },
            })
            .Build();
        var all = new ResiliencePipelineBuilder { TimeProvider = _time };
        if (_options.Retries > 0)
        {
            all.AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<S3Exception>(static failure => failure.Trouble is S3Trouble.Outage or S3Trouble.Damaged),
                MaxRetryAttempts = _options.Retries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = _options.RetryDelay,
                MaxDelay = _options.RetryDelayMax,
                OnRetry = _ =>
                {
                    Metrics.Retried(group);
                    return default;
                },
            });
        }

        return new Route(all.AddPipeline(single).Build(), single, state);
    }

    private sealed record Route(ResiliencePipeline All, ResiliencePipeline Breaker, CircuitBreakerStateProvider State);
}
