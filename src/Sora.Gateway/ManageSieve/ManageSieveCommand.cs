using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.ManageSieve.Wire;

namespace Sora.Gateway.ManageSieve;

/// <summary>States of a session (RFC 5804 section 2).</summary>
[Flags]
internal enum ManageSieveStates : byte
{
    NotAuthenticated = 1,
    Authenticated = 2,
    Any = NotAuthenticated | Authenticated,
}

/// <summary>One command, parsed and ready to run.</summary>
internal abstract class ManageSieveCommand
{
    /// <summary>Runs the command, writes its data and gives the response that ends it; null when all is written.</summary>
    public abstract ValueTask<ManageSieveReply?> ExecuteAsync(ManageSieveConnection connection, CancellationToken cancellationToken);
}

/// <summary>Reads a command's arguments: what stands behind its name.</summary>
internal delegate ManageSieveCommand ParseManageSieveCommand(ref ManageSieveParser parser);
