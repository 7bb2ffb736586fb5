using Sora.Configuration;

namespace Sora.Silo.Configuration;

/// <summary>[cluster]: several nodes that share the mailboxes among them.</summary>
[Section("Several nodes as one")]
public sealed class ClusterOptions : IValidatableOptions
{
    [Option("Join the cluster of the nodes that use the same database; not available yet, nodes on one database work without it")]
    public bool Enabled { get; set; }

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (!Enabled)
            yield break;
#if ORLEANS
        yield return "enabled is not available yet in this version; leave it false";
#else
        yield return "enabled needs a Sora that was built with Orleans, and this one was built without it (Orleans=false)";
#endif
    }
}
