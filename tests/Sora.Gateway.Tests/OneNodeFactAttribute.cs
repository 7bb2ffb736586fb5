namespace Sora.Gateway.Tests;

/// <summary>A test that looks into the engine of this process and says nothing where the mailboxes are in other nodes: why, its argument says.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OneNodeFactAttribute : FactAttribute
{
    public OneNodeFactAttribute(string reason)
    {
        if (Engine.IsCluster)
            Skip = "one node only: " + reason;
    }
}
