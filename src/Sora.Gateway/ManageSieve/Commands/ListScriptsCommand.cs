using System.Buffers;
using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.ManageSieve.Wire;

namespace Sora.Gateway.ManageSieve.Commands;

/// <summary>LISTSCRIPTS (RFC 5804 section 2.7).</summary>
internal sealed class ListScriptsCommand : ManageSieveCommand
{
    private static readonly ListScriptsCommand Instance = new();

    public static ManageSieveCommand Parse(ref ManageSieveParser parser) => Instance;

    public override async ValueTask<ManageSieveReply?> ExecuteAsync(ManageSieveConnection connection, CancellationToken cancellationToken)
    {
        var list = await connection.Server.Scripts.ListAsync(connection.Account, cancellationToken);
        if (!list.IsOk)
            return ManageSieveReply.No(list.Error);
        var output = connection.Output;
        foreach (var script in list.Value.Scripts)
        {
            output.String(script.Name.Value);
            if (script.IsActive)
                output.Write(" ACTIVE"u8);
            output.Crlf();
        }

        return ManageSieveReply.Ok("Listscripts completed");
    }
}
