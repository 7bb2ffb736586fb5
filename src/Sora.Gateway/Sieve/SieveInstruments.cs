using Sora.Gateway.Connections;

namespace Sora.Gateway.Sieve;

/// <summary>Counts what scripts do.</summary>
internal sealed class SieveInstruments(GatewayMetrics metrics)
{
    private static readonly KeyValuePair<string, object?> Ok = new("result", "ok");
    private static readonly KeyValuePair<string, object?> Error = new("result", "error");
    private static readonly KeyValuePair<string, object?> Unavailable = new("result", "unavailable");

    public void Ran(DeliveryPlan plan, TimeSpan time)
    {
        metrics.SieveRuns.Add(1, plan.HasFailed ? Error : Ok);
        metrics.SieveDuration.Record(time.TotalSeconds);
        foreach (var store in plan.Stores)
            metrics.SieveActions.Add(1, new KeyValuePair<string, object?>("action", store.Name.IsInbox ? "keep" : "fileinto"));
        if (plan.Stores.Count == 0 && plan.Reject is null)
            metrics.SieveActions.Add(1, new KeyValuePair<string, object?>("action", "discard"));
    }

    public void Failed() => metrics.SieveRuns.Add(1, Unavailable);

    /// <param name="action">One of a few names.</param>
    public void Sent(string action) => metrics.SieveActions.Add(1, new KeyValuePair<string, object?>("action", action));
}
