using Sora.Gateway.Connections.Proxying;

namespace Sora.Gateway.Lmtp.Commands;

/// <summary>
/// XCLIENT of Postfix (XCLIENT_README): a trusted proxy says for whom it speaks. The session begins anew behind it, greeting included. Only between
/// transactions.
/// </summary>
internal sealed class XClientCommand(XClient client) : LmtpCommand
{
    /// <summary>The extension's line in the reply to LHLO.</summary>
    public const string Extension = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT SESSION CLIENT-TRANSPORT";

    /// <summary>"XCLIENT" 1*( SP attribute-name "=" attribute-value )</summary>
    public static LmtpCommand Parse(ReadOnlySpan<byte> arguments, LmtpServer server) =>
        XClient.Parse(arguments) is { } client ? new XClientCommand(client) : RejectedCommand.BadArguments;

    public override async ValueTask<bool> ExecuteAsync(LmtpSession session)
    {
        if (!session.Connection.IsTrusted)
        {
            session.Connection.NoteRefusal("proxy_not_trusted");
            session.Reply(LmtpReply.NotTrustedProxy);
            return false;
        }

        await session.ResetAsync();
        if (session.Connection.Forward(client.Client) is { } refusal)
        {
            session.End(LmtpReply.Dismissed(refusal));
            return false;
        }

        session.HeloName = null;
        session.Forwarded = session.Forwarded is { } before
            ? client with { Name = client.Name ?? before.Name, Helo = client.Helo ?? before.Helo, Login = client.Login ?? before.Login }
            : client;
        Log.Forwarded(session.Server.Logger, session.Connection.Remote.Address, client.Login ?? "", session.Connection.Id);
        session.Connection.Output.WriteGreeting(session.Server.HostName);
        return true;
    }
}
