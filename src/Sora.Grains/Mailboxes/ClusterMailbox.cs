using Sora.Contracts;

namespace Sora.Grains.Mailboxes;

/// <summary>A mailbox as a gateway sees it. Each change has an operation id before it is sent, so that it may be sent again.</summary>
internal sealed class ClusterMailbox(MailboxId id, ClusterMailboxes owner) : IMailbox
{
    private readonly IMailboxGrain _grain = owner.Grain(id);

    public Task<MailResult<MailboxUpdate>> OpenAsync(ModSeq known, CancellationToken cancellationToken) => owner.Calls.InvokeAsync(
        "open", (_grain, known), static (call, _, cancellation) => call._grain.OpenAsync(call.known, cancellation), cancellationToken);

    public async Task<MailResult<AppendResult>> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        var departure = await owner.Transfer.DepartAsync(request.Messages, cancellationToken);
        if (!departure.IsOk)
            return departure.Error;
        var departing = request with { Operation = Named(request.Operation), Messages = departure.Value.Messages };
        try
        {
            var result = await owner.Calls.InvokeAsync(
                "append", (_grain, departing), static (call, _, cancellation) => call._grain.AppendAsync(call.departing, cancellation), cancellationToken);
            if (result.IsOk)
                Changed(result.Value.ModSeq);
            return result;
        }
        finally
        {
            await departure.Value.ReleaseAsync();
        }
    }

    public async Task<MailResult<ReplaceResult>> ReplaceAsync(ReplaceRequest request, CancellationToken cancellationToken)
    {
        var departure = await owner.Transfer.DepartAsync(request.Messages, cancellationToken);
        if (!departure.IsOk)
            return departure.Error;
        var departing = request with { Operation = Named(request.Operation), Messages = departure.Value.Messages };
        try
        {
            var result = await owner.Calls.InvokeAsync(
                "replace", (_grain, departing), static (call, _, cancellation) => call._grain.ReplaceAsync(call.departing, cancellation), cancellationToken);
            if (!result.IsOk)
                return result;
            await RefreshAsync(request.Destination, cancellationToken);
            owner.Watches.Changed(request.Destination, result.Value.Appended.ModSeq);
            Changed(result.Value.SourceModSeq);
            return result;
        }
        finally
        {
            await departure.Value.ReleaseAsync();
        }
    }

    public async Task<MailResult<StoreResult>> StoreAsync(StoreRequest request, CancellationToken cancellationToken)
    {
        var result = await owner.Calls.InvokeAsync(
            "store",
            (_grain, Request: request with { Operation = Named(request.Operation) }),
            static (call, _, cancellation) => call._grain.StoreAsync(call.Request, cancellation),
            cancellationToken);
        if (result.IsOk)
            Changed(result.Value.ModSeq);
        return result;
    }

    public async Task<MailResult<ExpungeResult>> ExpungeAsync(ExpungeRequest request, CancellationToken cancellationToken)
    {
        var result = await owner.Calls.InvokeAsync(
            "expunge",
            (_grain, Request: request with { Operation = Named(request.Operation) }),
            static (call, _, cancellation) => call._grain.ExpungeAsync(call.Request, cancellation),
            cancellationToken);
        if (result.IsOk)
            Changed(result.Value.ModSeq);
        return result;
    }

    public async Task<MailResult<CopyResult>> CopyAsync(CopyRequest request, CancellationToken cancellationToken)
    {
        var result = await owner.Calls.InvokeAsync(
            "copy",
            (_grain, Request: request with { Operation = Named(request.Operation) }),
            static (call, _, cancellation) => call._grain.CopyAsync(call.Request, cancellation),
            cancellationToken);
        if (!result.IsOk)
            return result;
        await RefreshAsync(request.Destination, cancellationToken);
        owner.Watches.Changed(request.Destination, result.Value.DestinationModSeq);
        Changed(result.Value.SourceModSeq);
        return result;
    }

    public Task<MailResult<Uid>> ClaimRecentAsync(Uid uidNext, bool keep, CancellationToken cancellationToken) => owner.Calls.InvokeAsync(
        "claim recent", (_grain, uidNext, keep), static (call, _, cancellation) => call._grain.ClaimRecentAsync(call.uidNext, call.keep, cancellation), cancellationToken);

    public Task<MailResult<UidSet?>> ExpungedSinceAsync(ModSeq since, CancellationToken cancellationToken) => owner.Calls.InvokeAsync(
        "read expunged", (_grain, since), static (call, _, cancellation) => call._grain.ExpungedSinceAsync(call.since, cancellation), cancellationToken);

    /// <summary>How many messages are \Recent for the next session that selects the mailbox.</summary>
    public Task<MailResult<int>> CountRecentAsync(CancellationToken cancellationToken) => owner.Calls.InvokeAsync(
        "count recent", _grain, static (grain, _, cancellation) => grain.CountRecentAsync(cancellation), cancellationToken);

    internal static OperationId Named(OperationId operation) => operation.IsNone ? OperationId.New() : operation;

    private void Changed(ModSeq modSeq) => owner.Watches.Changed(id, modSeq);

    // The source's node has written to the destination on behalf of its writer, who is to know of it before the client does
    private Task RefreshAsync(MailboxId destination, CancellationToken cancellationToken) =>
        destination == id ? Task.CompletedTask : owner.RefreshAsync(destination, tellsNewest: false, cancellationToken);
}
