using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>RSET (RFC 1939 section 5): nothing is marked as deleted any more.</summary>
internal sealed class RsetCommand : Pop3Command
{
    private static readonly RsetCommand Instance = new();

    public static Pop3Command Parse(ref Pop3Arguments arguments) => Instance;

    public override ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken)
    {
        connection.Maildrop.Reset();
        return new(Pop3Reply.Ok($"maildrop has {connection.Maildrop.Messages} messages ({connection.Maildrop.Octets} octets)"));
    }
}
