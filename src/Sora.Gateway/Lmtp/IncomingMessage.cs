using Sora.Contracts;

namespace Sora.Gateway.Lmtp;

/// <summary>
/// The body of a transaction while it comes in. A failure is remembered and what still comes is counted but not kept: the client must be
/// read to the end of its data in any case before it can be answered.
/// </summary>
internal sealed class IncomingMessage(LmtpServer server, long sizeHint) : IAsyncDisposable
{
    private readonly long _maxSize = server.Options.MaxMessageSize.Bytes;
    private IMessageIntake? _intake;

    /// <summary>Bytes that came, kept or not.</summary>
    public long Length { get; private set; }

    /// <summary>Why the message cannot be taken, or null.</summary>
    public LmtpReply? Failure { get; private set; }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        Length += bytes.Length;
        if (Failure is not null || bytes.IsEmpty)
            return ValueTask.CompletedTask;
        if (Length > _maxSize)
            return FailAsync(LmtpReply.TooBig);
        ValueTask write;
        try
        {
            _intake ??= server.Intakes.Begin(_maxSize, sizeHint, keepNuls: true);
            write = _intake.WriteAsync(bytes, CancellationToken.None);
        }
        catch (Exception e)
        {
            Log.StagingFailed(server.Logger, e);
            return FailAsync(LmtpReply.Failure);
        }

        return write.IsCompletedSuccessfully ? ValueTask.CompletedTask : AwaitAsync(write);
    }

    /// <summary>Ends the message; null and <see cref="Failure"/> when it cannot be taken.</summary>
    public async ValueTask<IngestedMessage?> CompleteAsync(CancellationToken cancellationToken)
    {
        if (Failure is not null)
            return null;
        try
        {
            _intake ??= server.Intakes.Begin(_maxSize, sizeHint, keepNuls: true);
            var result = await _intake.CompleteAsync(cancellationToken);
            if (result.IsOk)
                return result.Value;
            Failure = LmtpReplies.ForStaging(result.Error);
        }
        catch (Exception e)
        {
            Log.StagingFailed(server.Logger, e);
            Failure = LmtpReply.Failure;
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_intake is not { } intake)
            return;
        _intake = null;
        try
        {
            await intake.DisposeAsync();
        }
        catch (Exception e)
        {
            Log.StagingFailed(server.Logger, e);
        }
    }

    private async ValueTask AwaitAsync(ValueTask write)
    {
        try
        {
            await write;
        }
        catch (Exception e)
        {
            Log.StagingFailed(server.Logger, e);
            await FailAsync(LmtpReply.Failure);
        }
    }

    private ValueTask FailAsync(LmtpReply reply)
    {
        Failure = reply;
        return DisposeAsync();
    }
}
