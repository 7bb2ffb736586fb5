using System.Buffers;
using Sora.Contracts;
using Sora.Gateway.Imap.Responses;

namespace Sora.Gateway.Imap.Commands;

/// <summary>
/// COPY and MOVE into a mailbox of another account. Contents belong to an account, so that one gets its own: each message is read and taken in again, and
/// all are appended in one record. A move expunges after that record is durable: whatever fails, no message is lost.
/// </summary>
internal sealed class AccountTransfer(ImapConnection connection, MailboxTarget destination, bool move)
{
    private const int PieceSize = 64 * 1024;
    private const int BatchSize = 256;

    private readonly List<IngestedMessage> _taken = [];
    private long _memory;

    /// <summary>What became of it. Without a result the reply is the command's answer.</summary>
    public async ValueTask<(CopyResult? Result, ImapReply Reply)> RunAsync(UidSet uids, CancellationToken cancellationToken)
    {
        var limit = connection.Server.Options.MaxCopyBetweenAccounts;
        if (uids.Count > limit)
            return (null, ImapReply.No(new MailError(MailErrorCode.Limit, $"At most {limit} messages at once can go into another account")));
        try
        {
            var index = connection.Selected.Latest;
            var messages = new List<AppendMessage>((int)uids.Count);
            if (await TakeAsync(index, uids, messages, cancellationToken).ConfigureAwait(false) is { } failure)
                return (null, failure);
            var appended = await connection.Server.Mailboxes.Get(destination.Id)
                .AppendAsync(new AppendRequest(OperationId.New(), messages), cancellationToken).ConfigureAwait(false);
            if (!appended.IsOk)
                return (null, ImapReply.No(appended.Error.OrTryCreate()));
            var result = new CopyResult(appended.Value.UidValidity, uids, appended.Value.Uids, index.HighestModSeq);
            return move ? await ExpungeAsync(result, cancellationToken).ConfigureAwait(false) : (result, default);
        }
        catch (BodyUnavailableException e)
        {
            return (null, ImapConnection.FailureOf(e));
        }
        finally
        {
            foreach (var message in _taken)
                await message.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<(CopyResult? Result, ImapReply Reply)> ExpungeAsync(CopyResult result, CancellationToken cancellationToken)
    {
        var expunged = await connection.Selected.Mailbox
            .ExpungeAsync(new ExpungeRequest(OperationId.New(), result.SourceUids, OnlyDeleted: false), cancellationToken).ConfigureAwait(false);
        return expunged.IsOk
            ? (result with { SourceModSeq = expunged.Value.ModSeq }, default)
            : (null, ImapReply.No(expunged.Error with { Text = "The messages were copied, but could not be removed here" }));
    }

    private async ValueTask<ImapReply?> TakeAsync(MailboxIndex index, UidSet uids, List<AppendMessage> messages, CancellationToken cancellationToken)
    {
        var rows = new List<MessageRow>(BatchSize);
        foreach (var uid in uids)
        {
            rows.Add(index[index.PositionOf(uid)]);
            if (rows.Count < BatchSize)
                continue;
            if (await TakeBatchAsync(index, rows, messages, cancellationToken).ConfigureAwait(false) is { } failure)
                return failure;
            rows.Clear();
        }

        return await TakeBatchAsync(index, rows, messages, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<ImapReply?> TakeBatchAsync(
        MailboxIndex index, List<MessageRow> rows, List<AppendMessage> messages, CancellationToken cancellationToken)
    {
        var ids = new ContentId[rows.Count];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = rows[i].Content;
        var contents = await connection.Server.Messages.ReadAsync(ids, ContentParts.None, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < rows.Count; i++)
        {
            if (contents[i] is not { } content)
                return ImapReply.No("Some of the messages have been expunged", ResponseCode.ExpungeIssued);
            var ingested = await IngestAsync(content, cancellationToken).ConfigureAwait(false);
            if (!ingested.IsOk)
                return ImapReply.No(ingested.Error);
            _taken.Add(ingested.Value);
            _memory += ingested.Value.MemorySize;
            if (_memory > connection.Server.Options.MaxCopyMemory.Bytes)
                return ImapReply.No(new MailError(MailErrorCode.Limit, "These are too many messages to go into another account at once"));
            messages.Add(new AppendMessage(
                ingested.Value,
                content.Prefix,
                FlagsOf(rows[i].Flags, index.Keywords).CoveredBy(destination.Rights),
                DateTimeOffset.FromUnixTimeSeconds(rows[i].InternalDate)));
        }

        return null;
    }

    // Trace fields stay the message's prefix, so that its body keeps its hash.
    private async ValueTask<MailResult<IngestedMessage>> IngestAsync(MessageContent content, CancellationToken cancellationToken)
    {
        await using var intake = connection.Server.Intakes.Begin(content.BodySize, content.BodySize, keepNuls: true);
        await using var body = await connection.Server.Messages.OpenAsync(content, cancellationToken).ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            for (long at = content.Prefix.Length; at < content.Size;)
            {
                var read = await body.ReadAsync(at, buffer, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                    throw new BodyUnavailableException("A body is shorter than it should be", temporary: false);
                await intake.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                at += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return await intake.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    private static FlagSet FlagsOf(ulong mask, KeywordTable keywords)
    {
        var names = new List<string>();
        for (var slot = 0; slot < keywords.SlotCount; slot++)
        {
            if ((mask & FlagMask.OfKeyword(slot)) != 0 && keywords[slot].Length > 0)
                names.Add(keywords[slot]);
        }

        return new FlagSet((SystemFlags)(mask & FlagMask.System), [.. names]);
    }
}
