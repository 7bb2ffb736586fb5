using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>DELE (RFC 1939 section 5): marks a message; it is removed by QUIT and by nothing else.</summary>
internal sealed class DeleCommand(int number) : Pop3Command
{
    public static Pop3Command Parse(ref Pop3Arguments arguments) => new DeleCommand(arguments.Number());

    public override ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken)
    {
        if (!connection.Maildrop.Has(number))
            return new(NoSuchMessage.Reply(connection.Maildrop, number));
        connection.Maildrop.Delete(number);
        return new(Pop3Reply.Ok($"message {number} deleted"));
    }
}
