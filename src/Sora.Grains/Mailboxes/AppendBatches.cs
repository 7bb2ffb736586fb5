using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Grains.Calls;
using Sora.Grains.Configuration;

namespace Sora.Grains.Mailboxes;

/// <summary>
/// Appends of this gateway. Those for mailboxes of one mailstore go in one call with what comes while the last one is under way: a call costs as much as several appends in it, and what comes
/// together is committed together. Where a mailbox is, its last answer said; the first append goes to it alone.
/// </summary>
/// <param name="grains">The way to mailstores.</param>
/// <param name="isMailstore">Whether this process is a mailstore too.</param>
/// <param name="options">[cluster]</param>
/// <param name="metrics">Counts appends of a call.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Hears of mailstores that do not know these calls.</param>
internal sealed class AppendBatches(IGrainFactory grains, bool isMailstore, ClusterOptions options, ClusterMetrics metrics, TimeProvider time, ILogger<AppendBatches> logger)
{
    // While a cluster is upgraded, a mailstore may not know the calls that tell where a mailbox is
    private static readonly TimeSpan PlainTime = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<SiloAddress, AppendLane> _lanes = [];
    private Dictionary<MailboxId, SiloAddress> _places = [];
    private Dictionary<MailboxId, SiloAddress> _olderPlaces = [];
    private long _plainSince;

    /// <summary>Makes the first attempt at an append; an exception leaves its outcome unknown.</summary>
    public async Task<MailResult<AppendResult>> AppendAsync(MailboxId id, AppendRequest request, CancellationToken cancellationToken)
    {
        if (options.AppendBatch == 1 || IsPlain())
            return await Grain(id).AppendAsync(request, cancellationToken);
        try
        {
            var placed = FindLane(id) is { } lane ? await lane.AppendAsync(new MailboxAppend(id, request)) : default;
            if (placed.Mailstore is null)
                placed = await Grain(id).AppendPlacedAsync(request, cancellationToken);
            if ((isMailstore ? placed.Mailstore : placed.Gateway) is { } place)
                Place(id, place);
            return placed.Result;
        }
        catch (Exception e)
        {
            Forget(id);
            if (ClusterCalls.IsTransient(e))
                throw;
            Interlocked.Exchange(ref _plainSince, time.GetTimestamp());
            Log.BatchNotUnderstood(logger, ClusterCalls.Reason(e));
            return await Grain(id).AppendAsync(request, cancellationToken);
        }
    }

    /// <summary>A mailstore is gone: mailboxes may be elsewhere.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _places = [];
            _olderPlaces = [];
            _lanes.Clear();
        }
    }

    private IMailboxGrain Grain(MailboxId id) => grains.GetGrain<IMailboxGrain>(id.Value);

    private bool IsPlain() => Interlocked.Read(ref _plainSince) is not 0 and var since && time.GetElapsedTime(since) < PlainTime;

    private AppendLane? FindLane(MailboxId id)
    {
        lock (_lock)
        {
            if (!_places.TryGetValue(id, out var place) && !_olderPlaces.TryGetValue(id, out place))
                return null;
            if (!_lanes.TryGetValue(place, out var lane))
                _lanes.Add(place, lane = new AppendLane(MailstoreService.Of(grains, place), options, metrics, time));
            return lane;
        }
    }

    // In two halves, of which the older one is dropped when the younger one is full
    private void Place(MailboxId id, SiloAddress mailstore)
    {
        lock (_lock)
        {
            if (_places.TryGetValue(id, out var known) && known.Equals(mailstore))
                return;
            if (_places.Count >= options.AppendPlaces / 2)
                (_olderPlaces, _places) = (_places, []);
            _places[id] = mailstore;
        }
    }

    private void Forget(MailboxId id)
    {
        lock (_lock)
        {
            _places.Remove(id);
            _olderPlaces.Remove(id);
        }
    }
}
