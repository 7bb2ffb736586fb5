using System.Collections.Immutable;
using Orleans.Concurrency;
using Sora.Contracts;
using Sora.Grains.Observers;
using Sora.Mailstore.Bodies.Transfer;
using Sora.Mailstore.Mailboxes;

namespace Sora.Grains.Mailboxes;

/// <summary>
/// Hosts the engine's object. Calls interleave: the mailbox's own queue puts changes in order, and what waits there shares a record. Should two nodes host a mailbox for a moment, the log's
/// primary key decides between them.
/// </summary>
[Reentrant]
internal sealed class MailboxGrain(MailboxHost host, HostedMailboxes hosted, BodyTransfer transfer, MailboxObservers observers, ClusterMetrics metrics) : Grain, IMailboxGrain
{
    private MailboxId Id => new(this.GetPrimaryKeyLong());

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // Another node may have been the writer since this one was
        host.MarkStale(Id);
        hosted.Add(Id);
        metrics.Activated("mailbox");
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        hosted.Remove(Id);
        observers.Forget(Id);
        metrics.Deactivated("mailbox", reason.ReasonCode);
        return Task.CompletedTask;
    }

    public Task<MailResult<MailboxUpdate>> OpenAsync(ModSeq known, CancellationToken cancellationToken) => hosted.OpenAsync(Id, known, cancellationToken);

    public async Task<MailResult<AppendResult>> AppendAsync(AppendRequest request, CancellationToken cancellationToken) =>
        (await hosted.AppendAsync(Id, request, cancellationToken)).Result;

    public Task<PlacedAppend> AppendPlacedAsync(AppendRequest request, CancellationToken cancellationToken) => hosted.AppendAsync(Id, request, cancellationToken);

    public async Task<MailResult<ReplaceResult>> ReplaceAsync(ReplaceRequest request, CancellationToken cancellationToken)
    {
        var arrived = await transfer.ArriveAsync(request.Messages, cancellationToken);
        return arrived.IsOk ? await host.Get(Id).ReplaceAsync(request with { Messages = arrived.Value }, cancellationToken) : arrived.Error;
    }

    public Task<MailResult<StoreResult>> StoreAsync(StoreRequest request, CancellationToken cancellationToken) => host.Get(Id).StoreAsync(request, cancellationToken);

    public Task<MailResult<ExpungeResult>> ExpungeAsync(ExpungeRequest request, CancellationToken cancellationToken) =>
        host.Get(Id).ExpungeAsync(request, cancellationToken);

    public Task<MailResult<CopyResult>> CopyAsync(CopyRequest request, CancellationToken cancellationToken) => host.Get(Id).CopyAsync(request, cancellationToken);

    public Task<MailResult<Uid>> ClaimRecentAsync(Uid uidNext, bool keep, CancellationToken cancellationToken) =>
        host.Get(Id).ClaimRecentAsync(uidNext, keep, cancellationToken);

    public Task<MailResult<UidSet?>> ExpungedSinceAsync(ModSeq since, CancellationToken cancellationToken) => host.Get(Id).ExpungedSinceAsync(since, cancellationToken);

    public async Task<MailResult<ImmutableArray<AppendResult>>> AppendAllAsync(MailboxAppends appends, CancellationToken cancellationToken)
    {
        var arrived = new MailboxAppend[appends.Appends.Count];
        for (var i = 0; i < arrived.Length; i++)
        {
            var append = appends.Appends[i];
            var messages = await transfer.ArriveAsync(append.Request.Messages, cancellationToken);
            if (!messages.IsOk)
                return messages.Error;
            arrived[i] = append with { Request = append.Request with { Messages = messages.Value } };

            // Those whose writers are elsewhere: what this node knows of them may be old
            if (append.Mailbox != Id)
                host.MarkStale(append.Mailbox);
        }

        return await host.AppendAllAsync(arrived, cancellationToken);
    }

    public Task<MailResult<int>> CountRecentAsync(CancellationToken cancellationToken) => host.CountRecentAsync(Id, cancellationToken);

    public Task<ModSeq> RefreshAsync(bool tellsNewest, CancellationToken cancellationToken)
    {
        host.MarkStale(Id);
        return tellsNewest ? host.NewestModSeqAsync(Id, cancellationToken) : Task.FromResult(default(ModSeq));
    }

    public Task<ModSeq> ObserveAsync(IMailboxObserver observer, CancellationToken cancellationToken)
    {
        observers.Add(Id, observer);
        return host.NewestModSeqAsync(Id, cancellationToken);
    }

    public async Task<WatchedMailbox> WatchAsync(IMailboxObserver observer, CancellationToken cancellationToken) =>
        new(await ObserveAsync(observer, cancellationToken), hosted.Mailstore, hosted.Gateway);
}
