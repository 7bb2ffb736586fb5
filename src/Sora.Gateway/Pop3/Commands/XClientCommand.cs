using Sora.Gateway.Connections.Proxying;
using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>XCLIENT, as Dovecot's POP3 proxies send it when the greeting has "[XCLIENT]" in it: a trusted proxy says for whom it speaks.</summary>
internal sealed class XClientCommand(XClient client) : Pop3Command
{
    public static Pop3Command Parse(ref Pop3Arguments arguments) =>
        XClient.Parse(arguments.Rest()) is { } client ? new XClientCommand(client) : throw new Pop3SyntaxException("Invalid attributes");

    public override ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken)
    {
        if (!connection.Client.IsTrusted)
        {
            connection.Client.NoteRefusal("proxy_not_trusted");
            return new(Pop3Reply.Error("Your address may not speak for others here", ResponseCode.SysPerm));
        }

        if (connection.Client.Forward(client.Client) is not { } refusal)
            return new(Pop3Reply.Ok("Updated"));
        connection.End(refusal.Text, ResponseCode.SysTemp);
        return default;
    }
}
