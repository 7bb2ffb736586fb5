namespace Sora.Silo.Http;

/// <summary>Whether this node wants connections: from the moment its listeners are bound until it begins to stop.</summary>
internal sealed class Readiness
{
    private volatile string _state = "starting";

    public bool IsReady => _state == "ready";

    /// <summary>"starting", "ready", "maintenance" or "draining".</summary>
    public string State => _state;

    public void Ready() => _state = "ready";

    public void Maintenance() => _state = "maintenance";

    public void Draining() => _state = "draining";
}
