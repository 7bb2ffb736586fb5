using Microsoft.Extensions.Logging;

namespace Sora.Gateway.Connections;

/// <summary>
/// The time that the server may work on a command: one source of cancellation for all commands of a connection, whose clock runs only while the server works
/// on one.
/// </summary>
/// <param name="timeout">Zero is no limit.</param>
internal sealed class CommandLimit(ClientConnection client, TimeSpan timeout) : IDisposable
{
    private CancellationTokenSource? _source;
    private bool _isRunning;

    /// <summary>The command was cancelled because its time is up, not because the client has gone.</summary>
    public bool HasPassed => _source is { IsCancellationRequested: true } && !client.Closed.IsCancellationRequested;

    /// <summary>Begins a command. One that waits for its client ends only with the connection.</summary>
    public CancellationToken Start(bool waitsForClient)
    {
        if (timeout == TimeSpan.Zero || waitsForClient)
            return client.Closed;
        _source ??= CancellationTokenSource.CreateLinkedTokenSource(client.Closed);
        _source.CancelAfter(timeout);
        _isRunning = true;
        return _source.Token;
    }

    public void End()
    {
        if (!_isRunning)
            return;
        _isRunning = false;
        if (!_source!.IsCancellationRequested)
            _source.CancelAfter(Timeout.InfiniteTimeSpan);
        if (!_source.IsCancellationRequested)
            return;
        _source.Dispose();
        _source = null;
    }

    /// <summary>Sends what was written. A client that takes its time does not use up the command's, and what it has taken is progress.</summary>
    public ValueTask<bool> FlushAsync()
    {
        if (!_isRunning)
            return client.FlushAsync();
        _source!.CancelAfter(Timeout.InfiniteTimeSpan);
        var flushed = client.FlushAsync();
        if (!flushed.IsCompletedSuccessfully)
            return FlushLimitedAsync(flushed);
        _source.CancelAfter(timeout);
        return flushed;
    }

    /// <summary>Why a command threw, which is logged where somebody must know of it. A client that is gone has no answer coming, whatever it was.</summary>
    public CommandFault Explain(Exception exception, ILogger logger, string command)
    {
        if (client.Closed.IsCancellationRequested)
            return CommandFault.ClientIsGone;
        if (exception is OperationCanceledException && HasPassed)
        {
            Log.CommandTooLong(logger, command, timeout, client.Id);
            return CommandFault.TookTooLong;
        }

        Log.CommandFailed(logger, command, client.Id, exception);
        return CommandFault.Failed;
    }

    public void Dispose() => _source?.Dispose();

    private async ValueTask<bool> FlushLimitedAsync(ValueTask<bool> flushing)
    {
        var flushed = await flushing.ConfigureAwait(false);
        _source!.CancelAfter(timeout);
        return flushed;
    }
}

/// <summary>Why a command has no outcome.</summary>
internal enum CommandFault
{
    ClientIsGone,
    TookTooLong,
    Failed,
}
