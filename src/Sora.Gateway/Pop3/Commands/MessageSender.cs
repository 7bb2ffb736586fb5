using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Sora.Contracts;
using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>
/// Sends a message, or its top, in pieces: one message after the other of a session. All that can fail is tried before the answer begins: a client must not take
/// a part of a message for the whole.
/// </summary>
internal sealed class MessageSender(Pop3Connection connection)
{
    private const int PieceSize = 16 * 1024;

    private readonly DotStuffer _stuffer = new();
    private int _number;
    private int? _bodyLines;
    private bool _isBegun;

    /// <param name="bodyLines">How many lines of the body (TOP); null for all of the message (RETR).</param>
    public async ValueTask<Pop3Reply?> SendAsync(int number, int? bodyLines, CancellationToken cancellationToken)
    {
        (_number, _bodyLines, _isBegun) = (number, bodyLines, false);
        var row = connection.Maildrop[number];
        try
        {
            return await SendAsync(row, cancellationToken);
        }
        catch (BodyUnavailableException e) when (!_isBegun)
        {
            Log.BodyUnavailable(connection.Server.Logger, row.Content, connection.Client.Id, e);
            return Pop3Reply.Error("The message cannot be read", e.IsTemporary ? ResponseCode.SysTemp : ResponseCode.SysPerm);
        }
        catch (Exception e) when (_isBegun && !connection.Client.Closed.IsCancellationRequested)
        {
            Log.BodyUnavailable(connection.Server.Logger, row.Content, connection.Client.Id, e);
            connection.HasEnded = true;
            connection.Client.Abort();
            return null;
        }
    }

    private async ValueTask<Pop3Reply?> SendAsync(MessageRow row, CancellationToken cancellationToken)
    {
        var mustLook = !connection.IsUtf8 && connection.Server.Options.Utf8Headers == Utf8Headers.Refuse;
        var content = await connection.Ahead.ReadAsync(
            connection.Maildrop, _number, mustLook || _bodyLines == 0 ? ContentParts.Header : ContentParts.None, cancellationToken);
        if (content is null)
            throw new BodyUnavailableException($"Content {row.Content} is not stored", temporary: false);
        if (mustLook && NeedsUtf8(content))
            return Pop3Reply.Error("The message has UTF-8 in its header: say UTF8 before login", ResponseCode.Utf8);
        if (_bodyLines == 0 && content.Header is { } header)
        {
            Begin(row, content.Prefix.Length + header.Length);
            return await WriteAsync(content.Prefix) && await WriteAsync(header) ? End() : null;
        }

        await using var body = await connection.Ahead.OpenAsync(content, cancellationToken);
        if (body.Length != row.Size)
            throw new BodyUnavailableException($"Body of content {row.Content} has {body.Length} bytes instead of {row.Size}", temporary: false);
        return await CopyAsync(body, row, cancellationToken);
    }

    private async ValueTask<Pop3Reply?> CopyAsync(IMessageBody body, MessageRow row, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(body.Length, PieceSize));
        try
        {
            for (var at = 0L; at < body.Length && !(_isBegun && _stuffer.IsDone);)
            {
                var read = await body.ReadAsync(at, buffer.AsMemory(0, Math.Min(buffer.Length, PieceSize)), cancellationToken);
                if (read == 0)
                    throw new BodyUnavailableException("A body is shorter than it should be", temporary: false);
                if (at == 0)
                    Begin(row, read);
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
            Begin(row, 0);
        return End();
    }

    private void Begin(in MessageRow row, int firstPiece)
    {
        _isBegun = true;
        _stuffer.Begin(connection.Output, _bodyLines);

        // A small message is one buffer, and so one piece for the network
        connection.Output.GetSpan(Pop3Writer.MaxFirstLine + DotStuffer.MostOf(Math.Min(firstPiece, PieceSize)) + DotStuffer.EndSize);
        if (_bodyLines is null)
            connection.Output.OctetsFollow(connection.Maildrop.OctetsOf(row));
        else
            Pop3Reply.Ok().Write(connection.Output);
    }

    private async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(bytes.Length, PieceSize)];
            _stuffer.Write(piece.Span);
            bytes = bytes[piece.Length..];
            if (!await connection.FlushIfFullAsync())
                return false;
        }

        return true;
    }

    private Pop3Reply? End()
    {
        _stuffer.Complete();
        if (_bodyLines is null)
            connection.Retrieved(_number, _stuffer.Octets);
        return null;
    }

    // RFC 6532 headers. What is neither ASCII nor UTF-8 was never allowed, but has always been sent as it is
    private static bool NeedsUtf8(MessageContent content) =>
        IsUtf8(content.Prefix.Span) || (content.Header is { } header && IsUtf8(header.Span));

    private static bool IsUtf8(ReadOnlySpan<byte> bytes) => !Ascii.IsValid(bytes) && Utf8.IsValid(bytes);
}
