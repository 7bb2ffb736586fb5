using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime.Placement;
using Sora.Contracts;
using Sora.Grains.Calls;

namespace Sora.Grains.Mailboxes;

/// <summary>Takes what comes for the mailboxes of its mailstore. One that has moved away is asked where it is now.</summary>
[Reentrant, Immovable, KeepAlive, PlacedByAddress]
internal sealed class MailstoreGrain(HostedMailboxes hosted) : Grain, IMailstoreGrain
{
    public Task<PlacedAppend[]> AppendAsync(MailboxAppends appends)
    {
        var results = new Task<PlacedAppend>[appends.Appends.Count];
        for (var i = 0; i < results.Length; i++)
            results[i] = AppendAsync(appends.Appends[i]);
        return Task.WhenAll(results);
    }

    private async Task<PlacedAppend> AppendAsync(MailboxAppend append)
    {
        try
        {
            return hosted.Contains(append.Mailbox)
                ? await hosted.AppendAsync(append.Mailbox, append.Request, CancellationToken.None)
                : await GrainFactory.GetGrain<IMailboxGrain>(append.Mailbox.Value).AppendPlacedAsync(append.Request, CancellationToken.None);
        }
        catch (Exception e) when (ClusterCalls.IsTransient(e))
        {
            return default; // the gateway asks the mailbox itself, and the others of the call have their answers
        }
    }
}

/// <summary>On the mailstore whose address is the key.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class PlacedByAddressAttribute() : PlacementAttribute(new PlacementByAddress());

internal sealed class PlacementByAddress : PlacementStrategy;

internal sealed class PlacementByAddressDirector : IPlacementDirector
{
    /// <exception cref="SiloUnavailableException">The mailstore is gone, or does not know what it is asked for.</exception>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var address = SiloAddress.FromParsableString(target.GrainIdentity.Key.ToString()!);
        return Array.IndexOf(context.GetCompatibleSilos(target), address) >= 0
            ? Task.FromResult(address)
            : throw new SiloUnavailableException($"{address} is not there");
    }
}
