using System.Buffers;
using Sora.Gateway.Connections;

namespace Sora.Gateway.ManageSieve.Wire;

/// <summary>What <see cref="CommandReader.ReadAsync"/> found.</summary>
internal enum ReadStatus
{
    /// <summary>A whole command.</summary>
    Command,

    /// <summary>A whole command, but a literal was too large and was dropped.</summary>
    LiteralTooLarge,

    /// <summary>The line or a literal is beyond what is read over: where the next command begins is not known.</summary>
    Lost,

    /// <summary>The client is gone.</summary>
    Closed,

    /// <summary>The client was silent for too long.</summary>
    TimedOut,

    /// <summary>Something other than input wants attention; nothing is half read, or the session ends now.</summary>
    Woken,
}

/// <summary>
/// Puts one command together: a line, and where it ends with a literal the literal's octets and the next line, and so on (RFC 5804 section 4). No buffer is
/// held between commands.
/// </summary>
internal sealed class CommandReader(SessionInput input, ManageSieveOptions options)
{
    private byte[]? _buffer;
    private int _length;

    /// <summary>The command without the last CRLF; literals stand in it behind their length and CRLF.</summary>
    public ReadOnlySpan<byte> Command => _buffer.AsSpan(0, _length);

    /// <summary>Gives the buffer back.</summary>
    public void Release()
    {
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer, clearArray: true); // It may have held a password
        _buffer = null;
        _length = 0;
    }

    /// <param name="timeout">How long the client may be silent before a command begins.</param>
    public async ValueTask<ReadStatus> ReadAsync(TimeSpan timeout)
    {
        Release();
        var (text, literals, isDropped) = (0, 0, false);
        while (true)
        {
            var outcome = input.TryReadLine(options.MaxLine.ToInt32() - text, out var line);
            if (outcome == LineOutcome.Line)
            {
                text += line.Length + 2;
                Append(line.Span);
                if (LiteralAtEnd(line.Span) is not { } size)
                    return isDropped ? ReadStatus.LiteralTooLarge : ReadStatus.Command;
                if (++literals > options.MaxLiterals || size > options.MaxSkippedLiteral.Bytes || text >= options.MaxLine.ToInt32())
                    return ReadStatus.Lost;
                Append("\r\n"u8);
                isDropped |= size > options.MaxLiteral.Bytes;
                if (await ReadLiteralAsync(size, isDropped) is { } end)
                    return end;
                continue;
            }

            // What a line over the limit would have ended with is not known: octets of a literal must not be taken for commands
            if (outcome != LineOutcome.Incomplete)
                return ReadStatus.Lost;
            var isFresh = _length == 0 && input.Unread.IsEmpty;
            switch (await input.FillAsync(isFresh || timeout < options.DataTimeout ? timeout : options.DataTimeout, isInside: _length > 0))
            {
                case InputOutcome.EndOfInput:
                    return ReadStatus.Closed;
                case InputOutcome.TimedOut:
                    return ReadStatus.TimedOut;
                case InputOutcome.Woken when isFresh || input.MustStop:
                    return ReadStatus.Woken;
            }
        }
    }

    // Null when it is read
    private async ValueTask<ReadStatus?> ReadLiteralAsync(long size, bool drop)
    {
        while (size > 0)
        {
            if (input.Unread.IsEmpty)
            {
                switch (await input.FillAsync(options.DataTimeout, isInside: true))
                {
                    case InputOutcome.EndOfInput:
                        return ReadStatus.Closed;
                    case InputOutcome.TimedOut:
                        return ReadStatus.TimedOut;
                    case InputOutcome.Woken when input.MustStop:
                        return ReadStatus.Woken;
                }
            }

            var piece = input.Unread.Slice(0, Math.Min(size, input.Unread.Length));
            if (!drop)
            {
                foreach (var part in piece)
                    Append(part.Span);
            }

            size -= piece.Length;
            input.Consume(piece.Length);
        }

        return null;
    }

    // "{12+}", or "{12}" as servers write it: both are sent without waiting
    private static uint? LiteralAtEnd(ReadOnlySpan<byte> line)
    {
        if (!line.EndsWith("}"u8))
            return null;
        var start = line.LastIndexOf((byte)'{');
        if (start < 0)
            return null;
        var number = line[(start + 1)..^1];
        if (number.EndsWith("+"u8))
            number = number[..^1];
        return ManageSieveParser.TryNumber(number, out var size) ? size : null;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_buffer is null || _buffer.Length - _length < bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + bytes.Length, 2 * _length));
            Command.CopyTo(larger);
            var length = _length;
            Release();
            (_buffer, _length) = (larger, length);
        }

        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }
}
