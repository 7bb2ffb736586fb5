using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Grains.Calls;
using Sora.Grains.Mailboxes;
using Sora.Mailstore.Accounts;

namespace Sora.Grains.Accounts;

/// <summary>
/// An account as a gateway sees it. What is only read, this process reads itself and keeps until it is told of a change, as on a single node; changes go to the account's node. They have no
/// operation id: an attempt whose outcome is unknown is told by what the list says afterwards.
/// </summary>
internal sealed class ClusterAccount(IAccount inner, IGrainFactory grains, ClusterCalls calls, ClusterMailboxes mailboxes, AccountHost host) : IAccount
{
    private IAccountGrain? _grain;

    public AccountId Id => inner.Id;

    // Most accounts are only read, and Orleans takes its time to make one
    private IAccountGrain Grain => _grain ??= grains.GetGrain<IAccountGrain>(inner.Id.Value);

    public ValueTask<MailboxList> ListAsync(CancellationToken cancellationToken) => inner.ListAsync(cancellationToken);

    public ValueTask ConfirmAsync(CancellationToken cancellationToken) => inner.ConfirmAsync(cancellationToken);

    public ValueTask<ImmutableArray<string>> AddressesAsync(CancellationToken cancellationToken) => inner.AddressesAsync(cancellationToken);

    public Task<MailResult<MailboxEntry>> CreateAsync(MailboxName name, SpecialUse use, CancellationToken cancellationToken) => ChangeAsync(
        "create",
        async (attempt, cancellation) =>
        {
            var result = await Grain.CreateAsync(name, use, cancellation);
            if (attempt == 1 || result.IsOk || result.Error.Code != MailErrorCode.AlreadyExists)
                return result;
            return (await NewestListAsync(cancellation)).Find(name) is { } created && created.SpecialUse == use ? created : result;
        },
        cancellationToken);

    public async Task<MailResult<Done>> DeleteAsync(MailboxName name, CancellationToken cancellationToken)
    {
        var deleted = (await ListAsync(cancellationToken)).Find(name);
        var result = await ChangeAsync(
            "delete",
            async (attempt, cancellation) =>
            {
                var outcome = await Grain.DeleteAsync(name, cancellation);
                return attempt > 1 && deleted is not null && outcome.Error?.Code == MailErrorCode.NonExistent ? default(Done) : outcome;
            },
            cancellationToken);

        // The account's node has ended its log, which the mailbox's node is to know before the client does
        if (result.IsOk && deleted is not null)
            await mailboxes.RefreshAsync(deleted.Id, tellsNewest: true, cancellationToken);
        return result;
    }

    public async Task<MailResult<Done>> RenameAsync(MailboxName from, MailboxName to, CancellationToken cancellationToken)
    {
        var result = await ChangeAsync(
            "rename",
            async (attempt, cancellation) =>
            {
                var outcome = await Grain.RenameAsync(from, to, cancellation);
                if (attempt == 1 || from.IsInbox || outcome.Error?.Code is not (MailErrorCode.NonExistent or MailErrorCode.AlreadyExists))
                    return outcome;
                var list = await NewestListAsync(cancellation);
                return list.Find(from) is null && list.Find(to) is not null ? default(Done) : outcome;
            },
            cancellationToken);

        // INBOX stays, without its messages (RFC 9051 section 6.3.6): their nodes are to know it before the client does
        if (result.IsOk && from.IsInbox)
        {
            var list = await ListAsync(cancellationToken);
            foreach (var name in new[] { from, to })
            {
                if (list.Find(name) is { } entry)
                    await mailboxes.RefreshAsync(entry.Id, tellsNewest: true, cancellationToken);
            }
        }

        return result;
    }

    public Task<MailResult<Done>> SubscribeAsync(MailboxName name, bool subscribed, CancellationToken cancellationToken) =>
        ChangeAsync("subscribe", (_, cancellation) => Grain.SubscribeAsync(name, subscribed, cancellation), cancellationToken);

    public async Task<IReadOnlyList<MailboxStatus?>> StatusAsync(IReadOnlyList<MailboxId> ids, bool withRecent, CancellationToken cancellationToken)
    {
        var read = await inner.StatusAsync(ids, withRecent: false, cancellationToken);
        if (!withRecent)
            return read;

        // \Recent is known to a mailbox's writer alone
        var result = new MailboxStatus?[read.Count];
        await Parallel.ForAsync(0, result.Length, cancellationToken, async (i, cancellation) =>
        {
            result[i] = read[i];
            if (read[i] is not { Totals.Messages: > 0 } status)
                return;
            var recent = await mailboxes.Find(status.Id).CountRecentAsync(cancellation);
            if (recent.IsOk)
                result[i] = status with { Recent = Math.Min(recent.Value, status.Totals.Messages) };
        });
        return result;
    }

    private ValueTask<MailboxList> NewestListAsync(CancellationToken cancellationToken)
    {
        host.Forget(Id);
        return inner.ListAsync(cancellationToken);
    }

    private async Task<MailResult<T>> ChangeAsync<T>(string what, Func<int, CancellationToken, Task<MailResult<T>>> change, CancellationToken cancellationToken)
    {
        var result = await calls.InvokeAsync(what, change, static (change, attempt, cancellation) => change(attempt, cancellation), cancellationToken);

        // This process hears of the change later, but its client may ask at once
        host.Forget(Id);
        return result;
    }
}
