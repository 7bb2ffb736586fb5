using Orleans.Hosting;

namespace Sora.Grains.Hosting;

/// <summary>Something more that a node has while it is in the cluster.</summary>
public interface IClusterAddition
{
    /// <summary>Adds to the silo that a mailstore is about to become.</summary>
    void Add(ISiloBuilder silo);

    /// <summary>Adds to the client that a gateway is about to become.</summary>
    void Add(IClientBuilder client);

    /// <summary>The node has joined.</summary>
    /// <param name="services">What was added, until <see cref="Left"/>.</param>
    void Joined(IServiceProvider services);

    /// <summary>The node is about to leave.</summary>
    void Left();
}
