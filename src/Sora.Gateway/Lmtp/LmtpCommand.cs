namespace Sora.Gateway.Lmtp;

/// <summary>Where in the protocol a session stands.</summary>
[Flags]
internal enum LmtpStates : byte
{
    /// <summary>Before LHLO.</summary>
    Greeted = 1,

    /// <summary>Between transactions.</summary>
    Ready = 2,

    /// <summary>After MAIL.</summary>
    Transaction = 4,

    /// <summary>Between two chunks of BDAT.</summary>
    Chunking = 8,

    Any = Greeted | Ready | Transaction | Chunking,
}

/// <summary>One command, parsed and ready to run.</summary>
internal abstract class LmtpCommand
{
    /// <summary>Runs the command and writes its replies. False when it was answered with 4xx or 5xx.</summary>
    public abstract ValueTask<bool> ExecuteAsync(LmtpSession session);
}

/// <summary>A command that cannot be run, with the reason.</summary>
internal sealed class RejectedCommand(LmtpReply reply) : LmtpCommand
{
    public static readonly RejectedCommand BadArguments = new(LmtpReply.BadArguments);
    public static readonly RejectedCommand BadSender = new(LmtpReply.BadSender);
    public static readonly RejectedCommand BadRecipient = new(LmtpReply.BadRecipient);

    public override ValueTask<bool> ExecuteAsync(LmtpSession session)
    {
        session.Reply(reply);
        return ValueTask.FromResult(false);
    }
}
