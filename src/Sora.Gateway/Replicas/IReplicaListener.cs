namespace Sora.Gateway.Replicas;

/// <summary>Wants to know at once that a replica has a newer state.</summary>
public interface IReplicaListener
{
    /// <summary>Called on any thread; must not block.</summary>
    void ReplicaChanged();
}
