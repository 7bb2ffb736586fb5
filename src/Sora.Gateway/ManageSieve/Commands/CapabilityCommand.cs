using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.ManageSieve.Wire;

namespace Sora.Gateway.ManageSieve.Commands;

/// <summary>CAPABILITY (RFC 5804 section 2.4).</summary>
internal sealed class CapabilityCommand : ManageSieveCommand
{
    private static readonly CapabilityCommand Instance = new();

    public static ManageSieveCommand Parse(ref ManageSieveParser parser) => Instance;

    public override ValueTask<ManageSieveReply?> ExecuteAsync(ManageSieveConnection connection, CancellationToken cancellationToken)
    {
        Capabilities.Write(connection.Output, connection);
        return new(ManageSieveReply.Ok("Capability completed"));
    }
}
