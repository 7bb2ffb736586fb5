using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>TOP (RFC 1939 section 7): the header and some lines of the body.</summary>
internal sealed class TopCommand(int number, int lines) : Pop3Command
{
    public static Pop3Command Parse(ref Pop3Arguments arguments)
    {
        var number = arguments.Number();
        return new TopCommand(number, arguments.Number());
    }

    public override ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken) =>
        connection.Maildrop.Has(number)
            ? connection.Sender.SendAsync(number, lines, cancellationToken)
            : new(NoSuchMessage.Reply(connection.Maildrop, number));
}
