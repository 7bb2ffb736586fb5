using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Sora.Contracts;
using Sora.Gateway.Downgrading;
using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;
using Sora.Mime;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>
/// Sends a message, or its top, in pieces: one message after the other of a session. All that can fail is tried before the answer begins: a client must not take
/// a part of a message for the whole.
/// </summary>
internal sealed class MessageSender(Pop3Connection connection)
{
    private const int PieceSize = 16 * 1024;

    // Header of a part that is rewritten; one that is longer has no business in mail
    private const int MaxPartHeader = 256 * 1024;

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
        var mustLook = !connection.IsUtf8 && connection.Server.Options.Utf8Headers != Utf8Headers.Send;
        var content = await connection.Ahead.ReadAsync(
            connection.Maildrop, _number, mustLook || _bodyLines == 0 ? ContentParts.Header : ContentParts.None, cancellationToken);
        if (content is null)
            throw new BodyUnavailableException($"Content {row.Content} is not stored", temporary: false);
        if (mustLook && NeedsUtf8(content))
        {
            return connection.Server.Options.Utf8Headers == Utf8Headers.Refuse
                ? Pop3Reply.Error("The message has UTF-8 in its header: say UTF8 before login", ResponseCode.Utf8)
                : await SendDowngradedAsync(row, content, cancellationToken);
        }

        if (_bodyLines == 0 && content.Header is { } header)
        {
            Begin(row, content.Prefix.Length + header.Length);
            return await WriteAsync(content.Prefix) && await WriteAsync(header) ? End() : null;
        }

        await using var body = await connection.Ahead.OpenAsync(content, cancellationToken);
        if (body.Length != row.Size)
            throw new BodyUnavailableException($"Body of content {row.Content} has {body.Length} bytes instead of {row.Size}", temporary: false);
        return await CopyAsync(body, row, 0, body.Length, cancellationToken) ? End() : null;
    }

    // RFC 6858: the header is told in ASCII, and so are those of the parts
    private async ValueTask<Pop3Reply?> SendDowngradedAsync(MessageRow row, MessageContent content, CancellationToken cancellationToken)
    {
        var store = connection.Server.Messages;
        if (await store.ReadAsync(new[] { content.Id }, ContentParts.Structure, cancellationToken) is not [{ Structure: { } structure }])
            throw new BodyUnavailableException($"The structure of content {content.Id} is not stored", temporary: false);
        var at = content.Prefix.Length + content.Header!.Value.Length;
        var headers = PartHeaders.Of(MimeMessage.DeserializeStructure(structure.Span, content.Prefix.Length), at);
        if (headers.Exists(static range => range.Length > MaxPartHeader))
            return Pop3Reply.Error("The message has a header that is too long to be told without UTF-8: say UTF8 before login", ResponseCode.Utf8);
        await using var body = await connection.Ahead.OpenAsync(content, cancellationToken);
        if (body.Length != row.Size)
            throw new BodyUnavailableException($"Body of content {row.Content} has {body.Length} bytes instead of {row.Size}", temporary: false);
        var rewritten = new ArrayBufferWriter<byte>(at);
        HeaderDowngrade.Write(content.Prefix.Span, rewritten);
        HeaderDowngrade.Write(content.Header.Value.Span, rewritten);
        _isBegun = true;
        _stuffer.Begin(connection.Output, _bodyLines);
        Pop3Reply.Ok("message follows, without what needs UTF8").Write(connection.Output);
        if (!await WriteAsync(rewritten.WrittenMemory))
            return null;
        var next = (long)at;
        foreach (var (start, length) in headers)
        {
            if (_stuffer.IsDone)
                return End();
            if (!await CopyAsync(body, row, next, start, cancellationToken))
                return null;
            var header = new byte[length];
            for (var read = 0; read < length;)
                read += await ReadAsync(body, start + read, header.AsMemory(read), cancellationToken);
            rewritten.Clear();
            HeaderDowngrade.Write(header, rewritten);
            if (!await WriteAsync(rewritten.WrittenMemory))
                return null;
            next = start + length;
        }

        return await CopyAsync(body, row, next, body.Length, cancellationToken) ? End() : null;
    }

    // False when the client is gone
    private async ValueTask<bool> CopyAsync(IMessageBody body, MessageRow row, long at, long end, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(end - at, PieceSize));
        try
        {
            while (at < end && !(_isBegun && _stuffer.IsDone))
            {
                var read = await ReadAsync(body, at, buffer.AsMemory(0, (int)Math.Min(end - at, Math.Min(buffer.Length, PieceSize))), cancellationToken);
                if (!_isBegun)
                    Begin(row, read);
                at += read;
                if (!await WriteAsync(buffer.AsMemory(0, read)))
                    return false;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (!_isBegun)
            Begin(row, 0);
        return true;
    }

    private static async ValueTask<int> ReadAsync(IMessageBody body, long at, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await body.ReadAsync(at, buffer, cancellationToken);
        return read > 0 ? read : throw new BodyUnavailableException("A body is shorter than it should be", temporary: false);
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
