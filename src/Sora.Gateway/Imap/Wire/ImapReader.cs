using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace Sora.Gateway.Imap.Wire;

/// <summary>
/// Cuts the client's bytes into commands: lines, and the literals that continue them (RFC 9051 section 4.3, RFC 7888). It asks for
/// synchronizing literals by itself, so that a command is parsed in one go; only the messages of APPEND and REPLACE are left to the command. A
/// command without literals stays in the pipe's buffer while it is parsed, and between commands the reader holds nothing.
/// </summary>
internal sealed class ImapReader(PipeReader input, ImapWriter writer, ReaderLimits limits, Func<bool>? mustStop = null, Action<bool>? expect = null)
{
    private const int TagSample = 128;

    // A line that was skipped so far and still has no end never will: not even a compressed one is looked at for longer
    private const long EndlessLine = 64 * 1024 * 1024;

    private byte[]? _buffer; // a command in the making, or one that was not in one piece
    private int _buffered;
    private long _scanned; // bytes of the current line that are known to hold no line end
    private long _skipped; // bytes of the current line that were dropped
    private long _literalLeft;
    private int _literals;
    private bool _lineHasBegun; // also after ReadLineAsync was woken
    private bool _skipping;
    private bool _isRest; // what is read goes on behind a message
    private ReadOnlyMemory<byte> _command;
    private SequencePosition? _held;

    /// <summary>The pipe; another one after STARTTLS.</summary>
    public PipeReader Input { get; set; } = input;

    /// <summary>The command that <see cref="ReadAsync"/> found, without its line end; valid until <see cref="Release"/>.</summary>
    public ReadOnlySpan<byte> Command => _command.Span;

    public MessageLiteral Message { get; private set; }

    /// <summary>Reads the next command. Everything written is flushed before it waits.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public ValueTask<ReadStatus> ReadAsync()
    {
        _isRest = false;
        return ReadPieceAsync();
    }

    /// <summary>
    /// Reads what stands behind a message that was read, up to the next message or the end of the command. It is not over when it ends with
    /// <see cref="ReadStatus.Woken"/>.
    /// </summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public ValueTask<ReadStatus> ReadRestAsync()
    {
        _isRest = true;
        return ReadPieceAsync();
    }

    private async ValueTask<ReadStatus> ReadPieceAsync()
    {
        while (true)
        {
            if (!Input.TryRead(out var result))
            {
                await writer.FlushAsync().ConfigureAwait(false);
                expect?.Invoke(_buffered > 0 || _literalLeft > 0 || _scanned > 0 || _skipping || _isRest);
                result = await Input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            }

            if (Take(result.Buffer) is { } status)
                return status;
            if (result.IsCanceled)
                return ReadStatus.Woken;
            if (result.IsCompleted)
                return ReadStatus.Closed;
        }
    }

    /// <summary>Gives the command's bytes back. Must come before any other read.</summary>
    public void Release()
    {
        _command = default;
        if (_held is { } consumed)
            Input.AdvanceTo(consumed);
        _held = null;
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
        _buffered = 0;
        _literals = 0;
        _skipping = false;
    }

    /// <summary>Reads one line outside of commands (SASL, IDLE); null when it is too long (it is skipped) or the client is gone.</summary>
    public async ValueTask<(ReadStatus Status, byte[] Line)> ReadLineAsync(int maxLength)
    {
        while (true)
        {
            if (!Input.TryRead(out var result))
            {
                await writer.FlushAsync().ConfigureAwait(false);
                expect?.Invoke(_lineHasBegun);
                result = await Input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            }

            var buffer = result.Buffer;
            if (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = buffer.Slice(0, end);
                var tooLong = _skipping || line.Length > maxLength;
                var bytes = tooLong ? [] : line.ToArray();
                Input.AdvanceTo(buffer.GetPosition(1, end));
                _skipping = false;
                _lineHasBegun = false;
                return tooLong ? (ReadStatus.TooLong, bytes) : (ReadStatus.Command, WithoutCr(bytes));
            }

            _skipping |= buffer.Length > maxLength;
            _lineHasBegun = _skipping || !buffer.IsEmpty;
            Input.AdvanceTo(_skipping ? buffer.End : buffer.Start, buffer.End);
            if (result.IsCanceled)
                return (ReadStatus.Woken, []);
            if (result.IsCompleted)
                return (ReadStatus.Closed, []);
        }
    }

    /// <summary>Gives the next bytes of a literal to <paramref name="sink"/> as they come, without keeping them.</summary>
    /// <exception cref="IOException">The connection broke, or the client stopped sending.</exception>
    public async ValueTask ReadMessageAsync(long length, Func<ReadOnlyMemory<byte>, ValueTask>? sink)
    {
        while (length > 0)
        {
            if (!Input.TryRead(out var result))
            {
                await writer.FlushAsync().ConfigureAwait(false);
                expect?.Invoke(true);
                result = await Input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            }

            var part = result.Buffer.Slice(0, Math.Min(length, result.Buffer.Length));
            if (sink is not null)
            {
                foreach (var segment in part)
                    await sink(segment).ConfigureAwait(false);
            }

            length -= part.Length;
            Input.AdvanceTo(part.End);
            if (result.IsCanceled && mustStop?.Invoke() == true)
                throw new ClientGoneException("The client stopped in the middle of a message");
            if (result.IsCompleted && length > 0)
                throw new ClientGoneException("The client closed the connection in the middle of a message");
        }
    }

    /// <summary>
    /// Skips what is left of an APPEND whose message has been read or refused, up to the end of the command. False when the input
    /// cannot be followed any more.
    /// </summary>
    public async ValueTask<bool> SkipAppendAsync(long literal)
    {
        if (literal > limits.MaxDiscard)
            return false;
        _literalLeft = literal;
        _skipping = true;
        var status = ReadStatus.Woken;
        while (status == ReadStatus.Woken && mustStop?.Invoke() != true)
            status = await ReadAsync().ConfigureAwait(false);
        Release();
        return status == ReadStatus.TooLong;
    }

    private static byte[] WithoutCr(byte[] line) => line is [.., (byte)'\r'] ? line[..^1] : line;

    // One step over what has come: a status, or null when more is needed. The pipe is advanced in every case but a held command.
    private ReadStatus? Take(ReadOnlySequence<byte> buffer)
    {
        while (true)
        {
            if (_literalLeft > 0)
            {
                var part = buffer.Slice(0, Math.Min(_literalLeft, buffer.Length));
                if (!_skipping)
                    Append(part);
                _literalLeft -= part.Length;
                buffer = buffer.Slice(part.End);
            }

            if (_literalLeft > 0 || !TryFindLineEnd(buffer, out var lineLength))
            {
                if (_literalLeft == 0 && buffer.Length > limits.MaxLine)
                    StartSkipping(ref buffer);
                if (_skipping)
                {
                    _skipped += buffer.Length;
                    buffer = buffer.Slice(buffer.End);
                    if (_skipped > EndlessLine)
                        return Finish(buffer.Start, ReadStatus.Lost);
                }

                _scanned = _literalLeft > 0 ? 0 : buffer.Length;
                Input.AdvanceTo(buffer.Start, buffer.End);
                return null;
            }

            _scanned = 0;
            _skipped = 0;
            var line = buffer.Slice(0, lineLength);
            if (line.Length > limits.MaxLine + 2)
                StartSkipping(ref line);
            buffer = buffer.Slice(lineLength);
            if (EndOfLine(line, buffer.Start) is { } status)
                return status;
        }
    }

    private bool TryFindLineEnd(ReadOnlySequence<byte> buffer, out long length)
    {
        var unseen = buffer.Slice(Math.Min(_scanned, buffer.Length));
        length = 0;
        if (unseen.PositionOf((byte)'\n') is not { } end)
            return false;
        length = buffer.Slice(0, end).Length + 1;
        return true;
    }

    // Keeps the beginning, which has the tag for the answer.
    private void StartSkipping(ref ReadOnlySequence<byte> line)
    {
        if (!_skipping && _buffered == 0)
            Append(line.Slice(0, Math.Min(TagSample, line.Length)));
        _skipping = true;
    }

    private ReadStatus? EndOfLine(ReadOnlySequence<byte> line, SequencePosition next)
    {
        var isLiteral = TryLiteral(line, out var length, out var isSynchronizing, out var isBinary);
        if (_skipping && (!isLiteral || isSynchronizing))
            return Finish(next, ReadStatus.TooLong);
        if (_skipping)
        {
            _literalLeft = length;
            return length > limits.MaxDiscard ? Finish(next, ReadStatus.Lost) : null;
        }

        if (!isLiteral)
        {
            if (_buffered == 0 && line.IsSingleSegment)
            {
                _held = next;
                _command = line.First[..TextLength(line.FirstSpan)];
                return ReadStatus.Command;
            }

            Append(line);
            return _buffered > limits.MaxCommand ? Finish(next, ReadStatus.TooLong) : Finish(next, ReadStatus.Command);
        }

        Append(line);
        if (IsMessage())
        {
            Message = new MessageLiteral(length, isSynchronizing, isBinary);
            return Finish(next, ReadStatus.Append);
        }

        if ((length > limits.MaxLiteral && !IsScript()) || _buffered + length > limits.MaxCommand || ++_literals > limits.MaxLiterals)
        {
            _skipping = true;
            if (isSynchronizing)
                return Finish(next, ReadStatus.TooLong);
            _literalLeft = length;
            return length > limits.MaxDiscard ? Finish(next, ReadStatus.Lost) : null;
        }

        _literalLeft = length;
        if (isSynchronizing)
            writer.Raw("+ Ready for the literal\r\n"u8);
        return null;
    }

    private ReadStatus Finish(SequencePosition next, ReadStatus status)
    {
        Input.AdvanceTo(next);
        _command = _buffer.AsMemory(0, TextLength(_buffer.AsSpan(0, _buffered)));
        return status;
    }

    private static int TextLength(ReadOnlySpan<byte> line)
    {
        var length = line.Length;
        if (length > 0 && line[length - 1] == '\n')
            length--;
        if (length > 0 && line[length - 1] == '\r')
            length--;
        return length;
    }

    // literal = "{" number64 ["+"] "}" CRLF at the end of a line
    private static bool TryLiteral(ReadOnlySequence<byte> line, out long length, out bool isSynchronizing, out bool isBinary)
    {
        const int Longest = 26;
        Span<byte> tail = stackalloc byte[Longest];
        var from = Math.Max(0, line.Length - Longest);
        tail = tail[..(int)(line.Length - from)];
        line.Slice(from).CopyTo(tail);
        tail = tail[..TextLength(tail)];
        length = 0;
        isSynchronizing = true;
        isBinary = false;
        if (tail.Length < 3 || tail[^1] != '}' || tail.LastIndexOf((byte)'{') is not (>= 0 and var open))
            return false;
        isBinary = open > 0 && tail[open - 1] == '~';
        var number = tail[(open + 1)..^1];
        if (number.Length > 1 && number[^1] == '+')
        {
            isSynchronizing = false;
            number = number[..^1];
        }

        return number.Length is > 0 and <= 18 && !number.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && System.Buffers.Text.Utf8Parser.TryParse(number, out length, out _);
    }

    // In APPEND and REPLACE every literal is a message or a part of one, but for the mailbox's name and the URLs of CATENATE.
    private bool IsMessage()
    {
        var text = _buffer.AsSpan(0, _buffered);
        if (_isRest)
            return !EndsWithUrl(text, isList: true);
        var start = MailboxOf(text);
        if (start < 0 || start >= text.Length || (_literals == 0 && text[start] == '{'))
            return false;
        return !EndsWithUrl(text, isList: IndexOfIgnoreCase(text[start..], "CATENATE ("u8) >= 0);
    }

    // The script of FILTER SIEVE SCRIPT may be as large as a command
    private bool IsScript()
    {
        ReadOnlySpan<byte> text = _buffer.AsSpan(0, _buffered);
        text = text[(text.IndexOf((byte)' ') + 1)..];
        if (StartsWith(text, "UID "u8))
            text = text[4..];
        return _literals == 0 && StartsWith(text, "FILTER SIEVE SCRIPT {"u8);
    }

    // Where the mailbox begins in tag SP "APPEND" SP mailbox and tag SP ["UID" SP] "REPLACE" SP number SP mailbox; -1 in other commands.
    private static int MailboxOf(ReadOnlySpan<byte> text)
    {
        var at = text.IndexOf((byte)' ') + 1;
        if (at <= 1)
            return -1;
        if (StartsWith(text[at..], "APPEND "u8))
            return at + 7;
        if (StartsWith(text[at..], "UID "u8))
            at += 4;
        if (!StartsWith(text[at..], "REPLACE "u8))
            return -1;
        var space = text[(at + 8)..].IndexOf((byte)' ');
        return space < 0 ? -1 : at + 8 + space + 1;
    }

    // cat-part = "URL" SP astring, and the literal is the astring
    private static bool EndsWithUrl(ReadOnlySpan<byte> text, bool isList)
    {
        var before = text[..text.LastIndexOf((byte)'{')];
        if (before.Length < 5 || !StartsWith(before[^4..], "URL "u8))
            return false;
        return before[^5] == '(' || (isList && before[^5] == ' ');
    }

    private static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> upper) =>
        text.Length >= upper.Length && Ascii.EqualsIgnoreCase(text[..upper.Length], upper);

    private static int IndexOfIgnoreCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> upper)
    {
        for (var at = 0; at + upper.Length <= text.Length; at++)
        {
            if (Ascii.EqualsIgnoreCase(text.Slice(at, upper.Length), upper))
                return at;
        }

        return -1;
    }

    private void Append(ReadOnlySequence<byte> bytes)
    {
        var needed = _buffered + (int)bytes.Length;
        if (_buffer is null || _buffer.Length < needed)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 2 * _buffered));
            if (_buffer is not null)
            {
                _buffer.AsSpan(0, _buffered).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_buffer);
            }

            _buffer = larger;
        }

        bytes.CopyTo(_buffer.AsSpan(_buffered));
        _buffered = needed;
    }
}
