namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>The time limits of one request: a body that moves may take as long as it likes, one that does not is given up.</summary>
internal sealed class S3Attempt : IDisposable
{
    private readonly CancellationTokenSource _limit;
    private readonly CancellationToken _callers;
    private readonly TimeSpan _idle;
    private readonly TimeSpan _answer;

    /// <param name="answer">From the end of the request to the beginning of its answer.</param>
    public S3Attempt(S3Options options, TimeSpan answer, CancellationToken cancellationToken)
    {
        _callers = cancellationToken;
        _idle = options.IdleTimeout;
        _answer = answer;
        _limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _limit.CancelAfter(options.ConnectTimeout + answer);
    }

    public CancellationToken Token => _limit.Token;

    public bool IsTimeout => _limit.IsCancellationRequested && !_callers.IsCancellationRequested;

    /// <summary>A piece of the request's body has left.</summary>
    public void Progress() => _limit.CancelAfter(_idle);

    /// <summary>The last one has.</summary>
    public void Sent() => _limit.CancelAfter(_answer > _idle ? _answer : _idle);

    public void Dispose() => _limit.Dispose();
}
