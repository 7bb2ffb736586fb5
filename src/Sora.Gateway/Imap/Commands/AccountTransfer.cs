using System.Buffers;
using Sora.Contracts;
using Sora.Gateway.Imap.Responses;

namespace Sora.Gateway.Imap.Commands;

/// <summary>
/// COPY and MOVE into a mailbox of another account. Contents belong to an account, so that one gets its own: each message is read and taken in again, and
/// all are appended in one record. A move expunges in the same commit: the messages are in one mailbox or in the other. They keep their EMAILIDs.
/// </summary>
internal sealed class AccountTransfer(ImapConnection connection, MailboxTarget destination, bool move)
{
    private const int PieceSize = 64 * 1024;
    private const int BatchSize = 256;

    private readonly List<IngestedMessage> _taken = [];
    private IReadOnlyDictionary<ContentId, ContentId> _emailIds = new Dictionary<ContentId, ContentId>();
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
            _emailIds = await connection.Server.Messages.EmailIdsAsync(connection.Selected.Target.Account.Id, cancellationToken).ConfigureAwait(false);
            if (await TakeAsync(index, uids, messages, cancellationToken).ConfigureAwait(false) is { } failure)
                return (null, failure);
            var stored = move
                ? await MoveAsync(uids, messages, cancellationToken).ConfigureAwait(false)
                : await CopyAsync(index, messages, cancellationToken).ConfigureAwait(false);
            if (!stored.IsOk)
                return (null, ImapReply.No(stored.Error));
            var (appended, sourceModSeq) = (stored.Value.Appended, stored.Value.SourceModSeq);
            connection.Session.Notify?.AddOwn(destination.Id, messages.Count);
            return (new CopyResult(appended.UidValidity, uids, appended.Uids, sourceModSeq, appended.ModSeq), default);
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

    private async Task<MailResult<ReplaceResult>> MoveAsync(UidSet uids, List<AppendMessage> messages, CancellationToken cancellationToken) =>
        await connection.Selected.Mailbox
            .ReplaceAsync(new ReplaceRequest(OperationId.New(), uids, destination.Id, messages), cancellationToken).ConfigureAwait(false);

    private async Task<MailResult<ReplaceResult>> CopyAsync(MailboxIndex index, List<AppendMessage> messages, CancellationToken cancellationToken)
    {
        var appended = await connection.Server.Mailboxes.Get(destination.Id)
            .AppendAsync(new AppendRequest(OperationId.New(), messages), cancellationToken).ConfigureAwait(false);
        return appended.IsOk ? new ReplaceResult(appended.Value, index.HighestModSeq) : appended.Error.OrTryCreate();
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
                index.Keywords.FlagsOf(rows[i].Flags).CoveredBy(destination.Rights),
                DateTimeOffset.FromUnixTimeSeconds(rows[i].InternalDate))
            {
                EmailId = _emailIds.GetValueOrDefault(content.Id, content.Id),
            });
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
}
