using System.Buffers;
using System.IO.Pipelines;

namespace Sora.Gateway.Connections;

/// <summary>Why <see cref="SessionInput.FillAsync"/> came back.</summary>
public enum InputOutcome
{
    /// <summary>There is more to read than before.</summary>
    Data,

    /// <summary>The client has closed its side or the connection broke: nothing more will come.</summary>
    EndOfInput,

    /// <summary>The client was silent for too long.</summary>
    TimedOut,

    /// <summary>Draining began, or somebody called <see cref="ClientConnection.Wake"/>.</summary>
    Woken,
}

/// <summary>What <see cref="SessionInput.TryReadLine"/> found.</summary>
public enum LineOutcome
{
    /// <summary>A whole line.</summary>
    Line,

    /// <summary>No line end yet: fill and try again.</summary>
    Incomplete,

    /// <summary>A line over the limit has ended; it was dropped.</summary>
    TooLong,

    /// <summary>A line over the limit goes on and on: end the connection.</summary>
    Endless,
}

/// <summary>
/// The input of a line-based session (LMTP, POP3, ManageSieve): looks at what has arrived without giving it back after every line, so
/// that a pipelined batch is one read, and sends the answers when the batch is used up, so that it is one write.
/// </summary>
public sealed class SessionInput(ClientConnection connection)
{
    /// <summary>Answers beyond this many bytes are sent even while a batch goes on.</summary>
    private const int MaxUnflushed = 32 * 1024;

    /// <summary>A line may be this many times as long as its limit before it counts as endless.</summary>
    private const int EndlessFactor = 64;

    private ReadOnlySequence<byte> _unread;
    private bool _holdsRead;
    private long _discarded;

    /// <summary>Runs when all answers are sent and nothing has arrived yet: what can be done ahead without waiting.</summary>
    public Action? BeforeWaiting { get; init; }

    /// <summary>What has arrived and was not consumed. Valid until the next <see cref="FillAsync"/>.</summary>
    public ReadOnlySequence<byte> Unread => _unread;

    /// <inheritdoc cref="ClientConnection.MustStop"/>
    public bool MustStop => connection.MustStop;

    /// <summary>Drops the first bytes of <see cref="Unread"/>.</summary>
    public void Consume(long count) => _unread = _unread.Slice(count);

    /// <summary>
    /// Gets more input; everything not consumed stays. Before it waits it sends what <see cref="ClientConnection.Output"/> holds.
    /// </summary>
    /// <param name="timeout">How long the client may be silent.</param>
    /// <param name="isInside">The client is in the middle of a literal or a message, and has to keep its pace.</param>
    public async ValueTask<InputOutcome> FillAsync(TimeSpan timeout, bool isInside = false)
    {
        var before = _unread.Length;
        GiveBack(_unread.End);
        try
        {
            if (connection.Output.UnflushedBytes > MaxUnflushed && !await connection.FlushAsync())
                return InputOutcome.EndOfInput;
            if (!connection.Input.TryRead(out var result))
            {
                if (connection.Output.UnflushedBytes > 0 && !await connection.FlushAsync())
                    return InputOutcome.EndOfInput;
                BeforeWaiting?.Invoke();
                connection.SetInputTimeout(timeout);
                connection.Expect(isInside || before > 0 || _discarded > 0);
                result = await connection.Input.ReadAsync(CancellationToken.None);
            }

            _unread = result.Buffer;
            _holdsRead = true;
            if (_unread.Length > before)
            {
                // The wake-up came together with the data, and must not be lost with it
                if (result.IsCanceled)
                    connection.Wake();
                return InputOutcome.Data;
            }

            if (result.IsCompleted)
                return InputOutcome.EndOfInput;
            return connection.InputTimedOut ? InputOutcome.TimedOut : InputOutcome.Woken;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            return InputOutcome.EndOfInput;
        }
        finally
        {
            connection.StopInputTimeout();
        }
    }

    /// <summary>Takes one line, which may end with CRLF or with LF alone, off the input.</summary>
    /// <param name="maxBytes">Longest line in bytes, its end included.</param>
    /// <param name="line">The line without its end; valid until the next <see cref="FillAsync"/>.</param>
    public LineOutcome TryReadLine(int maxBytes, out ReadOnlyMemory<byte> line)
    {
        line = default;
        if (_unread.PositionOf((byte)'\n') is not { } end)
        {
            if (_discarded == 0 && _unread.Length <= maxBytes)
                return LineOutcome.Incomplete;
            _discarded += _unread.Length;
            _unread = _unread.Slice(_unread.End);
            return _discarded > (long)maxBytes * EndlessFactor ? LineOutcome.Endless : LineOutcome.Incomplete;
        }

        var whole = _unread.Slice(0, end);
        _unread = _unread.Slice(_unread.GetPosition(1, end));
        if (_discarded > 0 || whole.Length >= maxBytes)
        {
            _discarded = 0;
            return LineOutcome.TooLong;
        }

        line = whole.IsSingleSegment ? whole.First : whole.ToArray();
        if (!line.IsEmpty && line.Span[^1] == '\r')
            line = line[..^1];
        return LineOutcome.Line;
    }

    /// <summary>
    /// Gives everything that was not consumed back to <see cref="ClientConnection.Input"/>: before <see
    /// cref="ClientConnection.StartTlsAsync"/>, or before something else reads the connection.
    /// </summary>
    public void Release() => GiveBack(_unread.Start);

    private void GiveBack(SequencePosition examined)
    {
        if (_holdsRead)
            connection.Input.AdvanceTo(_unread.Start, examined);
        _holdsRead = false;
        _unread = default;
    }
}
