namespace Sora.Gateway.Lmtp.Commands;

/// <summary>STARTTLS (RFC 3207). What was said before it is forgotten; what was sent behind it in the clear is not run.</summary>
internal sealed class StartTlsCommand : LmtpCommand
{
    private static readonly StartTlsCommand Instance = new();

    public static LmtpCommand Parse(ReadOnlySpan<byte> arguments, LmtpServer server) =>
        arguments.Trim((byte)' ').IsEmpty ? Instance : RejectedCommand.BadArguments;

    public override async ValueTask<bool> ExecuteAsync(LmtpSession session)
    {
        if (!session.Connection.CanStartTls)
        {
            session.Reply(session.Connection.IsTls ? LmtpReply.BadSequence : LmtpReply.TlsUnavailable);
            return false;
        }

        session.Reply(LmtpReply.ReadyForTls);
        session.Input.Release();
        if (!await session.Connection.FlushAsync() || !await session.Connection.StartTlsAsync(session.Connection.Closed))
        {
            session.HasEnded = true;
            return false;
        }

        session.HeloName = null;
        return true;
    }
}
