using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Grains.Calls;

namespace Sora.Grains.Mailboxes;

/// <summary>Takes what comes for the mailboxes of its mailstore, as services of a silo do without waiting for what came before. One that has moved away is asked where it is now.</summary>
internal sealed class MailstoreService(Silo silo, ILoggerFactory loggers, IGrainFactory grains, HostedMailboxes hosted)
    : GrainService(SystemTargetGrainId.Create(Type, silo.SiloAddress).GrainId, silo, loggers), IMailstoreService
{
    private static readonly GrainType Type = SystemTargetGrainId.CreateGrainType("sora.mailstore");

    private volatile bool _isStopped;

    /// <summary>The service of a mailstore.</summary>
    /// <param name="grains">The caller's.</param>
    /// <param name="mailstore">As a caller that is a gateway knows it, or one that is a mailstore.</param>
    public static IMailstoreService Of(IGrainFactory grains, SiloAddress mailstore) =>
        grains.GetGrain<IMailstoreService>(SystemTargetGrainId.Create(Type, mailstore).GrainId);

    public override Task Stop()
    {
        _isStopped = true;
        return base.Stop();
    }

    public Task<PlacedAppend[]> AppendAsync(MailboxAppends appends)
    {
        var results = new Task<PlacedAppend>[appends.Appends.Count];
        for (var i = 0; i < results.Length; i++)
            results[i] = AppendAsync(appends.Appends[i]);
        return Task.WhenAll(results);
    }

    public Task<MailResult<MailboxUpdate>> OpenAsync(MailboxId mailbox, ModSeq known) => UnlessStoppedAsync(
        hosted.Contains(mailbox) ? hosted.OpenAsync(mailbox, known, CancellationToken.None) : Grain(mailbox).OpenAsync(known, CancellationToken.None));

    public Task<MailResult<Recorded<StoreResult>>> StoreAsync(MailboxId mailbox, StoreRequest request) =>
        UnlessStoppedAsync(hosted.Contains(mailbox) ? hosted.StoreAsync(mailbox, request) : Recorded.WithoutAsync(Grain(mailbox).StoreAsync(request, CancellationToken.None)));

    public Task<MailResult<Recorded<ExpungeResult>>> ExpungeAsync(MailboxId mailbox, ExpungeRequest request) =>
        UnlessStoppedAsync(hosted.Contains(mailbox) ? hosted.ExpungeAsync(mailbox, request) : Recorded.WithoutAsync(Grain(mailbox).ExpungeAsync(request, CancellationToken.None)));

    public Task<MailResult<CopyResult>> CopyAsync(MailboxId mailbox, CopyRequest request) => UnlessStoppedAsync(Mailbox(mailbox).CopyAsync(request, CancellationToken.None));

    public Task<MailResult<Uid>> ClaimRecentAsync(MailboxId mailbox, Uid uidNext, bool keep) =>
        UnlessStoppedAsync(Mailbox(mailbox).ClaimRecentAsync(uidNext, keep, CancellationToken.None));

    private IMailbox Mailbox(MailboxId id) => hosted.Contains(id) ? hosted.Get(id) : Grain(id);

    private IMailboxGrain Grain(MailboxId id) => grains.GetGrain<IMailboxGrain>(id.Value);

    private async Task<PlacedAppend> AppendAsync(MailboxAppend append)
    {
        try
        {
            if (hosted.Contains(append.Mailbox))
                return await hosted.AppendAsync(append.Mailbox, append.Request, CancellationToken.None);
            return _isStopped ? default : await Grain(append.Mailbox).AppendPlacedAsync(append.Request, CancellationToken.None);
        }
        catch (Exception e) when (ClusterCalls.IsTransient(e) || _isStopped)
        {
            return default; // the gateway asks the mailbox itself, and the others of the call have their answers
        }
    }

    // What fails because the engine ends is not the caller's fault: elsewhere it is answered
    private async Task<T> UnlessStoppedAsync<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (Exception e) when (_isStopped && !ClusterCalls.IsTransient(e))
        {
            throw new SiloUnavailableException(ClusterCalls.Reason(e), e);
        }
    }
}
