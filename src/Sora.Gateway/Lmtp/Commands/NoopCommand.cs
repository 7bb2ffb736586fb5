namespace Sora.Gateway.Lmtp.Commands;

/// <summary>NOOP (RFC 5321 section 4.1.1.9); an argument is ignored.</summary>
internal sealed class NoopCommand : LmtpCommand
{
    private static readonly NoopCommand Instance = new();

    public static LmtpCommand Parse(ReadOnlySpan<byte> arguments, LmtpServer server) => Instance;

    public override ValueTask<bool> ExecuteAsync(LmtpSession session)
    {
        session.Reply(LmtpReply.Ok);
        return ValueTask.FromResult(true);
    }
}
