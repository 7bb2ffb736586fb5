using Sora.Contracts;

namespace Sora.Grains.Mailboxes;

/// <summary>
/// A mailbox as a gateway sees it. Each change has an operation id before it is sent, so that it may be sent again. The first attempt at what is called often goes straight to the mailstore that has the
/// mailbox, if that is known; further ones go to the mailbox wherever it is.
/// </summary>
internal sealed class ClusterMailbox(MailboxId id, ClusterMailboxes owner) : IMailbox
{
    private IMailboxGrain? _grain;

    // Most of what is delivered goes without it, and Orleans takes its time to make one
    private IMailboxGrain Grain => _grain ??= owner.Grain(id);

    public Task<MailResult<MailboxUpdate>> OpenAsync(ModSeq known, CancellationToken cancellationToken) => InvokeAsync(
        "open",
        known,
        static (mailstore, id, known) => mailstore.OpenAsync(id, known),
        static (grain, known, cancellation) => grain.OpenAsync(known, cancellation),
        cancellationToken);

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
                static (call, attempt, cancellation) => call.Mailbox.AppendOnceAsync(call.Request, attempt, cancellation),
                cancellationToken);
            return Told(result, static appended => appended.ModSeq);
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
            owner.Watches.Changed(id, result.Value.SourceModSeq);
            return result;
        }
        finally
        {
            await departure.Value.ReleaseAsync();
        }
    }

    public async Task<MailResult<StoreResult>> StoreAsync(StoreRequest request, CancellationToken cancellationToken)
    {
        var result = await InvokeAsync(
            "store",
            request with { Operation = Named(request.Operation) },
            static (mailstore, id, request) => mailstore.StoreAsync(id, request),
            static (grain, request, cancellation) => Recorded.WithoutAsync(grain.StoreAsync(request, cancellation)),
            cancellationToken);
        return Told(result, static stored => stored.ModSeq);
    }

    public async Task<MailResult<ExpungeResult>> ExpungeAsync(ExpungeRequest request, CancellationToken cancellationToken)
    {
        var result = await InvokeAsync(
            "expunge",
            request with { Operation = Named(request.Operation) },
            static (mailstore, id, request) => mailstore.ExpungeAsync(id, request),
            static (grain, request, cancellation) => Recorded.WithoutAsync(grain.ExpungeAsync(request, cancellation)),
            cancellationToken);
        return Told(result, static expunged => expunged.ModSeq);
    }

    public async Task<MailResult<CopyResult>> CopyAsync(CopyRequest request, CancellationToken cancellationToken)
    {
        var result = await InvokeAsync(
            "copy",
            request with { Operation = Named(request.Operation) },
            static (mailstore, id, request) => mailstore.CopyAsync(id, request),
            static (grain, request, cancellation) => grain.CopyAsync(request, cancellation),
            cancellationToken);
        if (!result.IsOk)
            return result;
        await RefreshAsync(request.Destination, cancellationToken);
        owner.Watches.Changed(request.Destination, result.Value.DestinationModSeq);
        owner.Watches.Changed(id, result.Value.SourceModSeq);
        return result;
    }

    public Task<MailResult<Uid>> ClaimRecentAsync(Uid uidNext, bool keep, CancellationToken cancellationToken) => InvokeAsync(
        "claim recent",
        (UidNext: uidNext, Keep: keep),
        static (mailstore, id, request) => mailstore.ClaimRecentAsync(id, request.UidNext, request.Keep),
        static (grain, request, cancellation) => grain.ClaimRecentAsync(request.UidNext, request.Keep, cancellation),
        cancellationToken);

    public Task<MailResult<UidSet?>> ExpungedSinceAsync(ModSeq since, CancellationToken cancellationToken) => owner.Calls.InvokeAsync(
        "read expunged", (Grain, since), static (call, _, cancellation) => call.Grain.ExpungedSinceAsync(call.since, cancellation), cancellationToken);

    /// <summary>How many messages are \Recent for the next session that selects the mailbox.</summary>
    public Task<MailResult<int>> CountRecentAsync(CancellationToken cancellationToken) => owner.Calls.InvokeAsync(
        "count recent", Grain, static (grain, _, cancellation) => grain.CountRecentAsync(cancellation), cancellationToken);

    internal static OperationId Named(OperationId operation) => operation.IsNone ? OperationId.New() : operation;

    private Task<MailResult<T>> InvokeAsync<TRequest, T>(
        string what,
        TRequest request,
        Func<IMailstoreService, MailboxId, TRequest, Task<MailResult<T>>> straight,
        Func<IMailboxGrain, TRequest, CancellationToken, Task<MailResult<T>>> byGrain,
        CancellationToken cancellationToken) => owner.Calls.InvokeAsync(
            what,
            (Mailbox: this, Request: request, Straight: straight, ByGrain: byGrain),
            static (call, attempt, cancellation) => call.Mailbox.CallOnceAsync(call.Request, attempt, call.Straight, call.ByGrain, cancellation),
            cancellationToken);

    private async Task<MailResult<T>> CallOnceAsync<TRequest, T>(
        TRequest request,
        int attempt,
        Func<IMailstoreService, MailboxId, TRequest, Task<MailResult<T>>> straight,
        Func<IMailboxGrain, TRequest, CancellationToken, Task<MailResult<T>>> byGrain,
        CancellationToken cancellationToken)
    {
        if (Place(attempt) is { } place)
        {
            try
            {
                return await straight(place.Service, id, request);
            }
            catch (Exception e) when (owner.Places.IsUnknownCall(id, e))
            {
                // a mailstore of the build before
            }
        }

        return await byGrain(Grain, request, cancellationToken);
    }

    // The answer says where the mailbox is: many are only delivered to, and nobody watches them
    private async Task<MailResult<Recorded<AppendResult>>> AppendOnceAsync(AppendRequest request, int attempt, CancellationToken cancellationToken)
    {
        var place = Place(attempt);
        if (attempt == 1 && owner.SendsAppendsTogether && !owner.Places.IsPlain)
        {
            try
            {
                var placed = place is not null ? await place.Appends.AppendAsync(new MailboxAppend(id, request)) : default;
                if (placed.Mailstore is null)
                    placed = await Grain.AppendPlacedAsync(request, cancellationToken);
                owner.Places.Learn(id, placed.Mailstore, placed.Gateway);
                return placed.Result.IsOk ? new Recorded<AppendResult>(placed.Result.Value, placed.Record) : placed.Result.Error;
            }
            catch (Exception e) when (owner.Places.IsUnknownCall(id, e))
            {
                // a mailstore of the build before
            }
        }

        return Recorded.Without(await Grain.AppendAsync(request, cancellationToken));
    }

    private MailstorePlace? Place(int attempt)
    {
        if (attempt == 1)
            return owner.Places.Find(id);
        owner.Places.Forget(id); // it did not answer
        return null;
    }

    private MailResult<T> Told<T>(MailResult<Recorded<T>> result, Func<T, ModSeq> modSeq)
    {
        if (!result.IsOk)
            return result.Error;
        owner.Watches.Changed(id, modSeq(result.Value.Result), result.Value.Record);
        return result.Value.Result;
    }

    // The source's node has written to the destination on behalf of its writer, who is to know of it before the client does
    private Task RefreshAsync(MailboxId destination, CancellationToken cancellationToken) =>
        destination == id ? Task.CompletedTask : owner.RefreshAsync(destination, tellsNewest: false, cancellationToken);
}
