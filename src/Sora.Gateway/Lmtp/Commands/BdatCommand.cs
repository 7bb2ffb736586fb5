using System.Buffers.Text;
using System.Text;

namespace Sora.Gateway.Lmtp.Commands;

/// <summary>
/// BDAT (RFC 3030 section 2): a chunk of so many octets, whatever they are. The octets are taken off the input even when the chunk is
/// refused, else they would be read as commands.
/// </summary>
internal sealed class BdatCommand(long size, bool isLast) : LmtpCommand
{
    /// <summary>"BDAT" SP chunk-size [ SP "LAST" ]</summary>
    public static LmtpCommand Parse(ReadOnlySpan<byte> arguments, LmtpServer server)
    {
        var text = arguments.TrimEnd((byte)' ');
        var digits = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        var number = digits < 0 ? text : text[..digits];
        var isLast = digits > 0 && Ascii.EqualsIgnoreCase(text[digits..], " LAST"u8);
        return (digits < 0 || isLast) && Utf8Parser.TryParse(number, out long size, out _)
            ? new BdatCommand(size, isLast)
            : RejectedCommand.BadArguments;
    }

    public override async ValueTask<bool> ExecuteAsync(LmtpSession session)
    {
        if (session.Transaction is not { Recipients.Count: > 0 } transaction)
        {
            if (await ReadAsync(session, null))
                session.Reply(session.Transaction is null ? LmtpReply.BadSequence : LmtpReply.NoRecipients);
            return false;
        }

        var message = transaction.Chunks ??= new IncomingMessage(session.Server, Math.Max(transaction.DeclaredSize, isLast ? size : 0));
        if (!await ReadAsync(session, message))
            return false;
        if (isLast)
            return await MessageDelivery.FinishAsync(session, transaction, message);
        if (message.Failure is { } failure)
        {
            session.Reply(failure);
            return false;
        }

        session.Connection.Output.WriteChunk(size);
        return true;
    }

    private async ValueTask<bool> ReadAsync(LmtpSession session, IncomingMessage? message)
    {
        var left = size;
        while (true)
        {
            var taken = Math.Min(left, session.Input.Unread.Length);
            if (message is not null)
                foreach (var segment in session.Input.Unread.Slice(0, taken))
                {
                    var write = message.WriteAsync(segment);
                    if (!write.IsCompletedSuccessfully)
                        await write;
                }

            session.Input.Consume(taken);
            left -= taken;
            if (left == 0)
                return true;
            if (!await session.FillDataAsync())
                return false;
        }
    }
}
