using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>NAMESPACE (RFC 9051 section 6.3.10): all mailboxes are personal.</summary>
internal sealed class NamespaceCommand : ImapCommand
{
    private static readonly NamespaceCommand Instance = new();

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context) => Instance;

    public override ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        connection.Writer.Raw("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n"u8);
        return new(ImapReply.Ok("NAMESPACE completed"));
    }
}
