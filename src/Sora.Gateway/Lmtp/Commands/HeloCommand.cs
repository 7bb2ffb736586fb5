namespace Sora.Gateway.Lmtp.Commands;

/// <summary>HELO and EHLO, which an LMTP server must refuse (RFC 2033 section 4.1): the client took it for an SMTP server.</summary>
internal sealed class HeloCommand
{
    private static readonly RejectedCommand Refusal = new(LmtpReply.UseLhlo);

    public static LmtpCommand Parse(ReadOnlySpan<byte> arguments, LmtpServer server) => Refusal;
}
