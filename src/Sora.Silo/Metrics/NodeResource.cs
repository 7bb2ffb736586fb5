using OpenTelemetry.Resources;

namespace Sora.Silo.Metrics;

internal static class NodeResource
{
    /// <summary>Who tells: this program, of this version, on this node.</summary>
    public static ResourceBuilder AddNode(this ResourceBuilder resource, string node) =>
        resource.AddService("sora", serviceVersion: ProgramVersion.Text, serviceInstanceId: node);
}
