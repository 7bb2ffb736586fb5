using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>NAMESPACE (RFC 9051 section 6.3.10): one's own mailboxes, those of other users, shared ones.</summary>
internal sealed class NamespaceCommand : ImapCommand
{
    private static readonly NamespaceCommand Instance = new();

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context) => Instance;

    public override ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        connection.Writer.Raw("* NAMESPACE ((\"\" \"/\")) "u8);
        Write(connection.Writer, connection.Server.Namespaces.OtherUsers);
        connection.Writer.Space();
        Write(connection.Writer, connection.Server.Namespaces.Shared);
        connection.Writer.Crlf();
        return new(ImapReply.Ok("NAMESPACE completed"));
    }

    private static void Write(ImapWriter writer, string prefix)
    {
        if (prefix.Length == 0)
        {
            writer.Nil();
            return;
        }

        writer.Raw("(("u8);
        writer.QuotedMailbox(prefix);
        writer.Raw(" \"/\"))"u8);
    }
}
