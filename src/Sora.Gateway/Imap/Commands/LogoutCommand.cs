using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>LOGOUT (RFC 9051 section 6.1.3).</summary>
internal sealed class LogoutCommand : ImapCommand
{
    private static readonly LogoutCommand Instance = new();

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context) => Instance;

    public override ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        connection.Bye("Logging out");
        return new(ImapReply.Ok("LOGOUT completed"));
    }
}
