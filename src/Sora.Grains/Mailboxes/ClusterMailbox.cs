using Sora.Contracts;

namespace Sora.Grains.Mailboxes;

/// <summary>A mailbox as a gateway sees it. Each change has an operation id before it is sent, so that it may be sent again.</summary>
internal sealed class ClusterMailbox(MailboxId id, ClusterMailboxes owner) : IMailbox
{
    private IMailboxGrain? _grain;

    // Most of what is delivered goes without it, and Orleans takes its time to make one
    private IMailboxGrain Grain => _grain ??= owner.Grain(id);

    public Task<MailResult<MailboxUpdate>> OpenAsync(ModSeq known, CancellationToken cancellationToken) => owner.Calls.InvokeAsync(
        "open", (Grain, known), static (call, _, cancellation) => call.Grain.OpenAsync(call.known, cancellation), cancellationToken);

    public async Task<MailResult<AppendResult>> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        var departure = await owner.Transfer.DepartAsync(request.Messages, cancellationToken);
        if (!departure.IsOk)
            return departure.Error;
        var departing = request with { Operation = Named(request.Operation), Messages = departure.Value.Messages };
        try
        {
            var result = await owner.Calls.InvokeAsync(
                "append",
                (Mailbox: this, Request: departing),
                static (call, attempt, cancellation) => attempt == 1
                    ? call.Mailbox.AppendWithOthersAsync(call.Request, cancellation)
                    : call.Mailbox.Grain.AppendAsync(call.Request, cancellation),
                cancellationToken);
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
                "replace", (Grain, departing), static (call, _, cancellation) => call.Grain.ReplaceAsync(call.departing, cancellation), cancellationToken);
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
            (Grain, Request: request with { Operation = Named(request.Operation) }),
            static (call, _, cancellation) => call.Grain.StoreAsync(call.Request, cancellation),
            cancellationToken);
        if (result.IsOk)
            Changed(result.Value.ModSeq);
        return result;
    }

    public async Task<MailResult<ExpungeResult>> ExpungeAsync(ExpungeRequest request, CancellationToken cancellationToken)
    {
        var result = await owner.Calls.InvokeAsync(
            "expunge",
            (Grain, Request: request with { Operation = Named(request.Operation) }),
            static (call, _, cancellation) => call.Grain.ExpungeAsync(call.Request, cancellation),
            cancellationToken);
        if (result.IsOk)
            Changed(result.Value.ModSeq);
        return result;
    }

    public async Task<MailResult<CopyResult>> CopyAsync(CopyRequest request, CancellationToken cancellationToken)
    {
        var result = await owner.Calls.InvokeAsync(
            "copy",
            (Grain, Request: request with { Operation = Named(request.Operation) }),
            static (call, _, cancellation) => call.Grain.CopyAsync(call.Request, cancellation),
            cancellationToken);
        if (!result.IsOk)
            return result;
        await RefreshAsync(request.Destination, cancellationToken);
        owner.Watches.Changed(request.Destination, result.Value.DestinationModSeq);
        Changed(result.Value.SourceModSeq);
        return result;
    }

    public Task<MailResult<Uid>> ClaimRecentAsync(Uid uidNext, bool keep, CancellationToken cancellationToken) => owner.Calls.InvokeAsync(
        "claim recent", (Grain, uidNext, keep), static (call, _, cancellation) => call.Grain.ClaimRecentAsync(call.uidNext, call.keep, cancellation), cancellationToken);

    public Task<MailResult<UidSet?>> ExpungedSinceAsync(ModSeq since, CancellationToken cancellationToken) => owner.Calls.InvokeAsync(
        "read expunged", (Grain, since), static (call, _, cancellation) => call.Grain.ExpungedSinceAsync(call.since, cancellation), cancellationToken);

    /// <summary>How many messages are \Recent for the next session that selects the mailbox.</summary>
    public Task<MailResult<int>> CountRecentAsync(CancellationToken cancellationToken) => owner.Calls.InvokeAsync(
        "count recent", Grain, static (grain, _, cancellation) => grain.CountRecentAsync(cancellation), cancellationToken);

    internal static OperationId Named(OperationId operation) => operation.IsNone ? OperationId.New() : operation;

    private Task<MailResult<AppendResult>> AppendWithOthersAsync(AppendRequest request, CancellationToken cancellationToken) =>
        owner.Appends.AppendAsync(id, request, cancellationToken);

    private void Changed(ModSeq modSeq) => owner.Watches.Changed(id, modSeq);

    // The source's node has written to the destination on behalf of its writer, who is to know of it before the client does
    private Task RefreshAsync(MailboxId destination, CancellationToken cancellationToken) =>
        destination == id ? Task.CompletedTask : owner.RefreshAsync(destination, tellsNewest: false, cancellationToken);
}
