using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>UNAUTHENTICATE (RFC 8437): everything but TLS is as it was after the greeting. There is no NO.</summary>
internal sealed class UnauthenticateCommand : ImapCommand
{
    private static readonly UnauthenticateCommand Instance = new();

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context) => Instance;

    public override ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        connection.Unauthenticate();
        return new(ImapReply.Ok("UNAUTHENTICATE completed", new CapabilityCode(Capabilities.For(connection))));
    }
}
