using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>
/// APPEND (RFC 9051 section 6.3.12). It is parsed up to the message's literal, which then goes piece by piece from the socket into the intake;
/// what can be refused is refused before the literal is asked for.
/// </summary>
internal sealed class AppendCommand(MailboxName name, FlagSet flags, DateTimeOffset? date, MessageLiteral message) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var name = parser.Mailbox();
        parser.Space();
        var flags = FlagSet.Empty;
        if (parser.Peek((byte)'('))
        {
            flags = parser.FlagList();
            parser.Space();
        }

        DateTimeOffset? date = null;
        if (parser.Peek((byte)'"'))
        {
            date = parser.DateTime();
            parser.Space();
        }

        // The reader has seen the literal already; here it only has to stand in the right place.
        parser.TryByte((byte)'~');
        if (!parser.TryByte((byte)'{'))
            throw parser.Error("a literal");
        parser.Number64();
        parser.TryByte((byte)'+');
        if (!parser.TryByte((byte)'}'))
            throw parser.Error("a literal");
        return new AppendCommand(name, flags, date, context.Message);
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var found = await connection.Directory.FindAsync(name, Rights.Insert, cancellationToken).ConfigureAwait(false);
        var limit = connection.Server.Options.AppendLimit.Bytes;
        if (!found.IsOk)
            return await RefuseAsync(connection, ImapReply.No(found.Error.OrTryCreate())).ConfigureAwait(false);
        if (message.Length > limit)
            return await RefuseAsync(connection, ImapReply.No("Message is too large", ResponseCode.TooBig)).ConfigureAwait(false);
        if (message.Length == 0)
            return await RefuseAsync(connection, ImapReply.No("Message is empty", ResponseCode.Of(MailErrorCode.Cannot))).ConfigureAwait(false);
        if (message.IsSynchronizing)
            connection.Writer.Raw("+ Ready for the message\r\n"u8);
        await using var intake = connection.Server.Intakes.Begin(limit, message.Length);
        connection.IsInResponse = true; // After an error in here nobody knows where the message ends
        await connection.Reader.ReadMessageAsync(message.Length, Take).ConfigureAwait(false);
        connection.IsInResponse = false;
        if (!await EndAsync(connection).ConfigureAwait(false))
            return ImapReply.Bad("Expected the end of the command after the message");
        var ingested = await intake.CompleteAsync(cancellationToken).ConfigureAwait(false);
        if (!ingested.IsOk)
            return ImapReply.No(ingested.Error);
        await using var content = ingested.Value;
        return await CommitAsync(connection, found.Value, content, cancellationToken).ConfigureAwait(false);

        ValueTask Take(ReadOnlyMemory<byte> segment)
        {
            connection.Client.SetInputTimeout(connection.Server.Options.Autologout); // A slow upload is not a silent client
            return intake.WriteAsync(segment, cancellationToken);
        }
    }

    private async ValueTask<ImapReply> CommitAsync(
        ImapConnection connection, MailboxTarget target, IngestedMessage content, CancellationToken cancellationToken)
    {
        var append = new AppendMessage(content, ReadOnlyMemory<byte>.Empty, flags, date ?? connection.Server.Time.GetUtcNow());
        var appended = await connection.Server.Mailboxes.Get(target.Id)
            .AppendAsync(new AppendRequest(OperationId.New(), [append]), cancellationToken).ConfigureAwait(false);
        if (!appended.IsOk)
            return ImapReply.No(appended.Error.OrTryCreate());

        var result = appended.Value;
        connection.Server.MessagesIn.Record(content.Size);
        connection.Session.Notify?.AddOwn(target.Id, (int)result.Uids.Count);
        if (connection.Session.Selected?.Id == target.Id)
        {
            var scope = new SyncScope { Added = result.Uids };
            await connection.SynchronizeAsync(mayExpunge: true, scope, result.ModSeq, cancellationToken).ConfigureAwait(false);
        }


        return ImapReply.Ok("APPEND completed", new AppendUidCode(result.UidValidity, result.Uids));
    }

    // A client that waits to be asked is just told; one that does not wait has its message skipped.
    private async ValueTask<ImapReply> RefuseAsync(ImapConnection connection, ImapReply reply)
    {
        if (!message.IsSynchronizing && !await connection.Reader.SkipAppendAsync(message.Length).ConfigureAwait(false))
        {
            reply.Write(connection.Writer, connection.Tag);
            connection.Bye("Message is too large to be skipped", ResponseCode.TooBig);
            return ImapReply.Answered;
        }

        return reply;
    }

    private static async ValueTask<bool> EndAsync(ImapConnection connection)
    {
        ReadStatus status;
        do
        {
            status = await connection.Reader.ReadAsync().ConfigureAwait(false);
            if (status == ReadStatus.Closed || (status == ReadStatus.Woken && connection.Client.InputTimedOut))
                throw new ClientGoneException("The client stopped in the middle of APPEND");
        }
        while (status == ReadStatus.Woken);
        var isEmpty = status == ReadStatus.Command && connection.Reader.Command.IsEmpty;
        connection.Reader.Release();
        return isEmpty;
    }
}
