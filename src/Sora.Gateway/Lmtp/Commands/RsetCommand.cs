namespace Sora.Gateway.Lmtp.Commands;

/// <summary>RSET (RFC 5321 section 4.1.1.5): ends the transaction without delivering.</summary>
internal sealed class RsetCommand : LmtpCommand
{
    private static readonly RsetCommand Instance = new();

    public static LmtpCommand Parse(ReadOnlySpan<byte> arguments, LmtpServer server) =>
        arguments.Trim((byte)' ').IsEmpty ? Instance : RejectedCommand.BadArguments;

    public override async ValueTask<bool> ExecuteAsync(LmtpSession session)
    {
        await session.ResetAsync();
        session.Reply(LmtpReply.Ok);
        return true;
    }
}
