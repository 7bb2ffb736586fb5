namespace Sora.Gateway.Lmtp.Commands;

/// <summary>HELP (RFC 5321 section 4.1.1.8).</summary>
internal sealed class HelpCommand : LmtpCommand
{
    private static readonly HelpCommand Instance = new();

    public static LmtpCommand Parse(ReadOnlySpan<byte> arguments, LmtpServer server) => Instance;

    public override ValueTask<bool> ExecuteAsync(LmtpSession session)
    {
        session.Reply(LmtpReply.Help);
        return ValueTask.FromResult(true);
    }
}
