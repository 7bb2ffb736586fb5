namespace Sora.Gateway.Lmtp.Commands;

/// <summary>VRFY (RFC 5321 sections 3.5.3 and 7.3): tells nothing about who has an account.</summary>
internal sealed class VrfyCommand : LmtpCommand
{
    private static readonly VrfyCommand Instance = new();

    public static LmtpCommand Parse(ReadOnlySpan<byte> arguments, LmtpServer server) =>
        arguments.Trim((byte)' ').IsEmpty ? RejectedCommand.BadArguments : Instance;

    public override ValueTask<bool> ExecuteAsync(LmtpSession session)
    {
        session.Reply(LmtpReply.CannotVerify);
        return ValueTask.FromResult(true);
    }
}
