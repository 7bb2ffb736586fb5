using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Sora.Gateway.Connections;

/// <summary>
/// What a session reads, whichever layers lie below it at the moment (TLS, compression). Counts what comes, and knows whether the session waits for the
/// client.
/// </summary>
internal sealed class MeteredReader(PipeReader inner, Action<long> arrived) : PipeReader
{
    private volatile PipeReader _inner = inner;
    private volatile bool _isWaiting;
    private ReadOnlySequence<byte> _last;
    private long _kept; // bytes that were seen and not consumed

    /// <summary>The layer below; replaced when one comes or goes, while nothing is read.</summary>
    public PipeReader Inner
    {
        get => _inner;
        set
        {
            _inner = value;
            _kept = 0;
        }
    }

    /// <summary>The session waits for the client to send something.</summary>
    public bool IsWaiting => _isWaiting;

    public override bool TryRead(out ReadResult result)
    {
        if (!_inner.TryRead(out result))
            return false;
        Count(result.Buffer);
        return true;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var reading = _inner.ReadAsync(cancellationToken);
        if (!reading.IsCompletedSuccessfully)
            return WaitAsync(reading);
        var result = reading.Result;
        Count(result.Buffer);
        return new ValueTask<ReadResult>(result);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _kept = _last.Slice(consumed).Length;
        _last = default;
        _inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => _inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => _inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => _inner.CompleteAsync(exception);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> WaitAsync(ValueTask<ReadResult> reading)
    {
        _isWaiting = true;
        try
        {
            var result = await reading.ConfigureAwait(false);
            Count(result.Buffer);
            return result;
        }
        finally
        {
            _isWaiting = false;
        }
    }

    private void Count(ReadOnlySequence<byte> buffer)
    {
        var length = buffer.Length;
        if (length > _kept)
            arrived(length - _kept);
        _kept = length;
        _last = buffer;
    }
}
