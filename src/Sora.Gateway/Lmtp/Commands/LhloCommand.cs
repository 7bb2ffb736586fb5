using System.Text;

namespace Sora.Gateway.Lmtp.Commands;

/// <summary>LHLO (RFC 2033 section 4.1): names the client, ends a transaction, lists the extensions.</summary>
internal sealed class LhloCommand(string name) : LmtpCommand
{
    /// <summary>"LHLO" SP ( Domain / address-literal )</summary>
    public static LmtpCommand Parse(ReadOnlySpan<byte> arguments, LmtpServer server)
    {
        var text = arguments.Trim((byte)' ');
        if (text.Length > 255)
            return RejectedCommand.BadArguments;
        var name = Encoding.UTF8.GetString(text);
        return LmtpAddressParser.IsHostName(name) ? new LhloCommand(name) : RejectedCommand.BadArguments;
    }

    public override async ValueTask<bool> ExecuteAsync(LmtpSession session)
    {
        await session.ResetAsync();
        session.HeloName = name;
        session.Connection.Output.WriteExtensions(session.Server, session.Connection.CanStartTls, session.Connection.IsTrusted);
        return true;
    }
}
