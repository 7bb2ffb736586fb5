using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Sora.Contracts;
using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>
/// Sends a message, or its top, in pieces. All that can fail is tried before the answer begins: a client must not take a part of a message for the whole.
/// </summary>
internal sealed class MessageSender : IDisposable
{
    private const int PieceSize = 16 * 1024;

    private readonly Pop3Connection _connection;
    private readonly int _number;
    private readonly int? _bodyLines;
    private readonly CancellationTokenSource _limit;
    private readonly DotStuffer _stuffer;
    private bool _isBegun;

    private MessageSender(Pop3Connection connection, int number, int? bodyLines, CancellationToken cancellationToken)
    {
        _connection = connection;
        _number = number;
        _bodyLines = bodyLines;
        _limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _stuffer = new DotStuffer(connection.Output, bodyLines);
    }

    /// <param name="bodyLines">How many lines of the body (TOP); null for all of the message (RETR).</param>
    public static async ValueTask<Pop3Reply?> SendAsync(Pop3Connection connection, int number, int? bodyLines, CancellationToken cancellationToken)
    {
        using var sender = new MessageSender(connection, number, bodyLines, cancellationToken);
        var row = connection.Maildrop[number];
        try
        {
            return await sender.SendAsync(row);
        }
        catch (BodyUnavailableException e) when (!sender._isBegun)
        {
            Log.BodyUnavailable(connection.Server.Logger, row.Content, connection.Client.Id, e);
            return Pop3Reply.Error("The message cannot be read", e.IsTemporary ? ResponseCode.SysTemp : ResponseCode.SysPerm);
        }
        catch (Exception e) when (sender._isBegun && !connection.Client.Closed.IsCancellationRequested)
        {
            Log.BodyUnavailable(connection.Server.Logger, row.Content, connection.Client.Id, e);
            connection.HasEnded = true;
            connection.Client.Abort();
            return null;
        }
    }

    public void Dispose() => _limit.Dispose();

    private async ValueTask<Pop3Reply?> SendAsync(MessageRow row)
    {
        var server = _connection.Server;
        var mustLook = !_connection.IsUtf8 && server.Options.Utf8Headers == Utf8Headers.Refuse;
        _limit.CancelAfter(server.Options.CommandTimeout);
        var content = await _connection.Contents.ReadAsync(
            _connection.Maildrop, _number, mustLook || _bodyLines == 0 ? ContentParts.Header : ContentParts.None, _limit.Token);
        if (content is null)
            throw new BodyUnavailableException($"Content {row.Content} is not stored", temporary: false);
        if (mustLook && NeedsUtf8(content))
            return Pop3Reply.Error("The message has UTF-8 in its header: say UTF8 before login", ResponseCode.Utf8);
        if (_bodyLines == 0 && content.Header is { } header)
        {
            Begin(row);
            return await WriteAsync(content.Prefix) && await WriteAsync(header) ? End() : null;
        }

        _connection.Walk.Opening(
            _number,
            _connection.Maildrop.Count,
            _connection.Maildrop,
            static (maildrop, number) => number <= maildrop.Count ? maildrop[number].Content : null);
        await using var body = await server.Messages.OpenAsync(content, _limit.Token);
        if (body.Length != row.Size)
            throw new BodyUnavailableException($"Body of content {row.Content} has {body.Length} bytes instead of {row.Size}", temporary: false);
        return await CopyAsync(body, row);
    }

    private async ValueTask<Pop3Reply?> CopyAsync(IMessageBody body, MessageRow row)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            for (var at = 0L; at < body.Length && !_stuffer.IsDone;)
            {
                _limit.CancelAfter(_connection.Server.Options.CommandTimeout);
                var read = await body.ReadAsync(at, buffer.AsMemory(0, PieceSize), _limit.Token);
                if (read == 0)
                    throw new BodyUnavailableException("A body is shorter than it should be", temporary: false);
                if (at == 0)
                    Begin(row);
                at += read;
                if (!await WriteAsync(buffer.AsMemory(0, read)))
                    return null;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (!_isBegun)
            Begin(row);
        return End();
    }

    private void Begin(MessageRow row)
    {
        _isBegun = true;
        (_bodyLines is null ? Pop3Reply.Ok($"{_connection.Maildrop.OctetsOf(row)} octets") : Pop3Reply.Ok()).Write(_connection.Output);
    }

    // A slow reader's time is its own
    private async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        _limit.CancelAfter(Timeout.InfiniteTimeSpan);
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(bytes.Length, PieceSize)];
            _stuffer.Write(piece.Span);
            bytes = bytes[piece.Length..];
            if (!await _connection.FlushIfFullAsync())
                return false;
        }

        return true;
    }

    private Pop3Reply? End()
    {
        _stuffer.Complete();
        if (_bodyLines is null)
            _connection.Retrieved(_number, _stuffer.Octets);
        return null;
    }

    // RFC 6532 headers. What is neither ASCII nor UTF-8 was never allowed, but has always been sent as it is
    private static bool NeedsUtf8(MessageContent content) =>
        IsUtf8(content.Prefix.Span) || (content.Header is { } header && IsUtf8(header.Span));

    private static bool IsUtf8(ReadOnlySpan<byte> bytes) => !Ascii.IsValid(bytes) && Utf8.IsValid(bytes);
}
