using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>STAT (RFC 1939 section 5): the drop listing, of what is not marked as deleted.</summary>
internal sealed class StatCommand : Pop3Command
{
    private static readonly StatCommand Instance = new();

    public static Pop3Command Parse(ref Pop3Arguments arguments) => Instance;

    public override ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken)
    {
        connection.Output.Raw("+OK "u8);
        connection.Output.ScanListing(connection.Maildrop.Messages, connection.Maildrop.Octets);
        return default;
    }
}
