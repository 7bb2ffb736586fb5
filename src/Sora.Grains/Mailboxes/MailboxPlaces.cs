using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Grains.Calls;
using Sora.Grains.Configuration;

namespace Sora.Grains.Mailboxes;

/// <summary>
/// On which mailstores mailboxes are, as far as this process was told: what it has for them goes straight there, while calls to grains go in by way of any mailstore. One that has moved is
/// reached all the same, for the mailstore that had it knows more.
/// </summary>
/// <param name="grains">The way to mailstores.</param>
/// <param name="isMailstore">Whether this process is a mailstore too, which knows others by another address than gateways do.</param>
/// <param name="options">[cluster]</param>
/// <param name="metrics">Counts appends of a call.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Hears of mailstores that do not know these calls.</param>
internal sealed class MailboxPlaces(IGrainFactory grains, bool isMailstore, ClusterOptions options, ClusterMetrics metrics, TimeProvider time, ILogger<MailboxPlaces> logger)
{
    // While a cluster is upgraded, a mailstore may not know the calls that go straight to it
    private static readonly TimeSpan PlainTime = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<SiloAddress, MailstorePlace> _mailstores = [];
    private Dictionary<MailboxId, MailstorePlace> _places = [];
    private Dictionary<MailboxId, MailstorePlace> _older = [];
    private long _plainSince;

    /// <summary>A mailstore of the build before was met a moment ago: everything goes to grains, with the calls that it knows.</summary>
    public bool IsPlain => Interlocked.Read(ref _plainSince) is not 0 and var since && time.GetElapsedTime(since) < PlainTime;

    /// <summary>The mailstore that has the mailbox; null when that is not known.</summary>
    public MailstorePlace? Find(MailboxId id)
    {
        if (IsPlain)
            return null;
        lock (_lock)
            return _places.TryGetValue(id, out var place) || _older.TryGetValue(id, out place) ? place : null;
    }

    /// <summary>The mailbox's mailstore has told where it is.</summary>
    /// <param name="id">The mailbox.</param>
    /// <param name="mailstore">The mailstore as other mailstores know it.</param>
    /// <param name="gateway">The mailstore as gateways know it.</param>
    public void Learn(MailboxId id, SiloAddress? mailstore, SiloAddress? gateway)
    {
        if ((isMailstore ? mailstore : gateway) is not { } address)
            return;
        lock (_lock)
        {
            if (_places.TryGetValue(id, out var place) && place.Address.Equals(address))
                return;
            if (!_mailstores.TryGetValue(address, out place))
            {
                var service = MailstoreService.Of(grains, address);
                _mailstores.Add(address, place = new MailstorePlace(address, service, new AppendLane(service, options, metrics, time)));
            }

            // In two halves, of which the older one is dropped when the younger one is full
            if (_places.Count >= options.Places / 2)
                (_older, _places) = (_places, []);
            _places[id] = place;
        }
    }

    /// <summary>The mailbox may be elsewhere.</summary>
    public void Forget(MailboxId id)
    {
        lock (_lock)
        {
            _places.Remove(id);
            _older.Remove(id);
        }
    }

    /// <summary>A mailstore is gone: any mailbox may be elsewhere.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _places = [];
            _older = [];
            _mailstores.Clear();
        }
    }

    /// <summary>A call to where the mailbox is has failed. True when its mailstore did not know the call: then another one helps, at once.</summary>
    public bool IsUnknownCall(MailboxId id, Exception failure)
    {
        Forget(id);
        if (ClusterCalls.IsTransient(failure))
            return false;
        Interlocked.Exchange(ref _plainSince, time.GetTimestamp());
        Log.CallNotUnderstood(logger, ClusterCalls.Reason(failure));
        return true;
    }
}

/// <summary>A mailstore that can be called straight.</summary>
/// <param name="Address">As this process knows it.</param>
/// <param name="Service">Takes calls.</param>
/// <param name="Appends">Takes appends, together with others.</param>
internal sealed record MailstorePlace(SiloAddress Address, IMailstoreService Service, AppendLane Appends);
