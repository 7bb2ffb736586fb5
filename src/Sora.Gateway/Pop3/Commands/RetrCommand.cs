using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>RETR (RFC 1939 section 5).</summary>
internal sealed class RetrCommand(int number) : Pop3Command
{
    public static Pop3Command Parse(ref Pop3Arguments arguments) => new RetrCommand(arguments.Number());

    public override ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken) =>
        connection.Maildrop.Has(number)
            ? connection.Sender.SendAsync(number, bodyLines: null, cancellationToken)
            : new(NoSuchMessage.Reply(connection.Maildrop, number));
}
