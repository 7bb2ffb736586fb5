namespace Sora.Gateway.Lmtp.Commands;

/// <summary>DATA (RFC 5321 section 4.1.1.4): the message up to CR LF "." CR LF, then one reply per recipient.</summary>
internal sealed class DataCommand : LmtpCommand
{
    private static readonly DataCommand Instance = new();

    public static LmtpCommand Parse(ReadOnlySpan<byte> arguments, LmtpServer server) =>
        arguments.Trim((byte)' ').IsEmpty ? Instance : RejectedCommand.BadArguments;

    public override async ValueTask<bool> ExecuteAsync(LmtpSession session)
    {
        var transaction = session.Transaction!;
        if (transaction.Recipients.Count == 0 || transaction.Body == LmtpBody.BinaryMime)
        {
            session.Reply(transaction.Recipients.Count == 0 ? LmtpReply.NoRecipients : LmtpReply.BinaryNeedsBdat);
            return false;
        }

        session.Reply(LmtpReply.StartMailInput);
        await using var message = new IncomingMessage(session.Server, transaction.DeclaredSize);
        return await ReadAsync(session, message) && await MessageDelivery.FinishAsync(session, transaction, message);
    }

    private static async ValueTask<bool> ReadAsync(LmtpSession session, IncomingMessage message)
    {
        var unstuffer = default(DotUnstuffer);
        while (true)
        {
            var taken = 0L;
            foreach (var segment in session.Input.Unread)
            {
                var left = segment;
                while (!left.IsEmpty && !unstuffer.HasEnded)
                {
                    var write = message.WriteAsync(unstuffer.Next(ref left));
                    if (!write.IsCompletedSuccessfully)
                        await write;
                }

                taken += segment.Length - left.Length;
                if (unstuffer.HasEnded)
                    break;
            }

            session.Input.Consume(taken);
            if (unstuffer.HasEnded)
                return true;
            if (!await session.FillDataAsync())
                return false;
        }
    }
}
