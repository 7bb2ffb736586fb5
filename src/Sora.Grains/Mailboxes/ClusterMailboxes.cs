using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Grains.Calls;
using Sora.Grains.Configuration;
using Sora.Grains.Observers;
using Sora.Mailstore.Bodies.Transfer;

namespace Sora.Grains.Mailboxes;

/// <summary>The mailboxes of the cluster as a gateway sees them.</summary>
internal sealed class ClusterMailboxes(IGrainFactory grains, ClusterCalls calls, MailboxPlaces places, ClusterOptions options, BodyTransfer transfer, MailboxWatches watches) : IMailboxes
{
    internal ClusterCalls Calls => calls;

    internal MailboxPlaces Places => places;

    internal bool SendsAppendsTogether => options.AppendBatch > 1;

    internal BodyTransfer Transfer => transfer;

    /// <inheritdoc/>
    public bool HearsLate => true;

    internal MailboxWatches Watches => watches;

    public IMailbox Get(MailboxId id) => Find(id);

    public async Task<MailResult<ImmutableArray<AppendResult>>> AppendAllAsync(IReadOnlyList<MailboxAppend> appends, CancellationToken cancellationToken)
    {
        var departures = new List<Departure>(appends.Count);
        try
        {
            var departing = new MailboxAppend[appends.Count];
            for (var i = 0; i < departing.Length; i++)
            {
                var request = appends[i].Request;
                var departure = await transfer.DepartAsync(request.Messages, cancellationToken);
                if (!departure.IsOk)
                    return departure.Error;
                departures.Add(departure.Value);
                departing[i] = appends[i] with
                {
                    Request = request with { Operation = ClusterMailbox.Named(request.Operation), Messages = departure.Value.Messages },
                };
            }

            var result = await calls.InvokeAsync(
                "append to several",
                (Grain: Grain(appends[0].Mailbox), Appends: new MailboxAppends(departing)),
                static (call, _, cancellation) => call.Grain.AppendAllAsync(call.Appends, cancellation),
                cancellationToken);
            if (!result.IsOk)
                return result;
            await Task.WhenAll(appends.Skip(1).Select(append => RefreshAsync(append.Mailbox, tellsNewest: false, cancellationToken)));
            for (var i = 0; i < appends.Count; i++)
                watches.Changed(appends[i].Mailbox, result.Value[i].ModSeq);
            return result;
        }
        finally
        {
            foreach (var departure in departures)
                await departure.ReleaseAsync();
        }
    }

    public IDisposable Subscribe(MailboxId id, IMailboxSubscriber subscriber) => watches.Subscribe(id, subscriber);

    internal ClusterMailbox Find(MailboxId id) => new(id, this);

    internal IMailboxGrain Grain(MailboxId id) => grains.GetGrain<IMailboxGrain>(id.Value);

    /// <summary>
    /// Tells a mailbox's writer that somebody else has written. Should it not be reached in time, it hears of it from the database: what was written is durable in any case.
    /// </summary>
    /// <param name="id">The mailbox.</param>
    /// <param name="tellsNewest">What was written is not known here, and sessions of this process that have the mailbox open are to see it.</param>
    internal async Task RefreshAsync(MailboxId id, bool tellsNewest, CancellationToken cancellationToken)
    {
        var newest = await calls.InvokeAsync<(IMailboxGrain Grain, bool TellsNewest), ModSeq>(
            "refresh",
            (Grain(id), tellsNewest && watches.IsWatched(id)),
            static async (call, _, cancellation) => await call.Grain.RefreshAsync(call.TellsNewest, cancellation),
            cancellationToken);
        if (newest is { IsOk: true, Value.Value: > 0 })
            watches.Changed(id, newest.Value);
    }
}
