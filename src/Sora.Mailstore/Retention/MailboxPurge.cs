using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Retention;

/// <summary>Deletes mailboxes and accounts for good when they can be brought back no longer.</summary>
internal sealed class MailboxPurge(
    Database database, MailboxHost mailboxes, RetentionOptions options, Action<AccountId> announce, BatchPace pace, RetentionMetrics metrics, ILogger logger)
{
    private const int PageSize = 100;

    private readonly RetentionStore _store = new(database.Write);

    /// <summary>Purges all that is due.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await PurgeMailboxesAsync(cancellationToken);
        await PurgeAccountsAsync(cancellationToken);
    }

    private async Task PurgeMailboxesAsync(CancellationToken cancellationToken)
    {
        var last = default(MailboxId);
        while (true)
        {
            var page = await _store.DeletedMailboxesAsync(options.DeletedMailboxes, last, PageSize, cancellationToken);
            foreach (var mailbox in page)
            {
                last = mailbox.Id;
                if (await IsEndedAsync(mailbox, cancellationToken))
                    await PurgeAsync(mailbox, cancellationToken);
            }

            if (page.Count < PageSize)
                return;
        }
    }

    private async Task PurgeAccountsAsync(CancellationToken cancellationToken)
    {
        var last = default(AccountId);
        while (true)
        {
            var page = await _store.TakeDeletedAccountsAsync(options.DeletedAccounts, last, PageSize, cancellationToken);
            foreach (var account in page)
            {
                last = account;
                await PurgeAsync(account, cancellationToken);
            }

            if (page.Count < PageSize)
                return;
        }
    }

    private async Task PurgeAsync(AccountId account, CancellationToken cancellationToken)
    {
        var found = await _store.MailboxesOfAsync(account, cancellationToken);
        var areEnded = true;
        foreach (var mailbox in found)
            areEnded &= await IsEndedAsync(mailbox, cancellationToken);
        if (!areEnded)
            return;
        foreach (var mailbox in found)
        {
            await PurgeAsync(mailbox, cancellationToken);
            CrashPoints.Reach(CrashPoints.PurgeAccount);
        }

        await DeleteContentsAsync(account, cancellationToken);
        while (await _store.MarkBodiesAsync(account, options.Batch, cancellationToken) == options.Batch)
            await pace.PauseAsync(cancellationToken);
        await _store.DeleteAccountAsync(account, cancellationToken);
        announce(account);
        metrics.Purged("account", 1);
        Log.AccountPurged(logger, account.Value);
    }

    // Nobody may write to a mailbox any more when its log goes, for it is the log that tells writers so. One whose log has no end yet gets it now, and is purged at the next look, when all nodes
    // have heard of it.
    private async Task<bool> IsEndedAsync(RetainedMailbox mailbox, CancellationToken cancellationToken)
    {
        var ended = await mailboxes.EndAsync(mailbox.Id, cancellationToken);
        if (ended.IsOk)
            return false;
        if (ended.Error!.Code == MailErrorCode.NonExistent)
            return true;
        Log.EndFailed(logger, mailbox.Id.Value, ended.Error.Text);
        return false;
    }

    private async Task PurgeAsync(RetainedMailbox mailbox, CancellationToken cancellationToken)
    {
        var total = default(Purged);
        Purged purged;
        do
        {
            purged = await PurgeBatchAsync(mailbox.Id, cancellationToken);
            total += purged;
            CrashPoints.Reach(CrashPoints.PurgeMailbox);
            if (purged.Messages > 0)
                await pace.PauseAsync(cancellationToken);
        }
        while (purged.Messages > 0);
        await _store.DeleteMailboxAsync(mailbox.Id, cancellationToken);
        metrics.Purged("mailbox", 1);
        metrics.Purged("message", total.Messages);
        metrics.Purged("content", total.Contents);
        Log.MailboxPurged(logger, mailbox.Id.Value, mailbox.Account.Value, total.Messages);
    }

    private async Task<Purged> PurgeBatchAsync(MailboxId mailbox, CancellationToken cancellationToken)
    {
        await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var (messages, contents) = await PurgeStore.DeleteMessagesAsync(connection, mailbox, options.Batch, cancellationToken);
        if (messages == 0)
            return default;
        var gone = await PurgeStore.DeleteContentsAsync(connection, contents, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new Purged(messages, gone);
    }

    private async Task DeleteContentsAsync(AccountId account, CancellationToken cancellationToken)
    {
        while (true)
        {
            await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var contents = await PurgeStore.ContentsOfAsync(connection, account, options.Batch, cancellationToken);
            if (contents.Length == 0 || await PurgeStore.DeleteContentsAsync(connection, contents, cancellationToken) == 0)
                return;
            await transaction.CommitAsync(cancellationToken);
            await pace.PauseAsync(cancellationToken);
        }
    }
}
