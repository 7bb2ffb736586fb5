using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>CAPABILITY (RFC 9051 section 6.1.1).</summary>
internal sealed class CapabilityCommand : ImapCommand
{
    private static readonly CapabilityCommand Instance = new();

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context) => Instance;

    public override ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        connection.Writer.Raw("* CAPABILITY "u8);
        connection.Writer.Raw(Capabilities.For(connection));
        connection.Writer.Crlf();
        return new(ImapReply.Ok("CAPABILITY completed"));
    }
}
