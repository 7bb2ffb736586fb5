namespace Sora.Gateway.Lmtp.Commands;

/// <summary>QUIT (RFC 5321 section 4.1.1.10).</summary>
internal sealed class QuitCommand : LmtpCommand
{
    private static readonly QuitCommand Instance = new();

    public static LmtpCommand Parse(ReadOnlySpan<byte> arguments, LmtpServer server) => Instance;

    public override ValueTask<bool> ExecuteAsync(LmtpSession session)
    {
        session.End(LmtpReply.Bye);
        return ValueTask.FromResult(true);
    }
}
