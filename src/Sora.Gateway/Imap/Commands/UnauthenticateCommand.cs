using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>
/// UNAUTHENTICATE (RFC 8437): everything but TLS is as it was after the greeting. There is no NO; a client that sends more before compression has ended
/// is told BYE.
/// </summary>
internal sealed class UnauthenticateCommand : ImapCommand
{
    private static readonly UnauthenticateCommand Instance = new();

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context) => Instance;

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var client = connection.Client;
        connection.Unauthenticate();
        if (!client.IsCompressed)
            return ImapReply.Ok("UNAUTHENTICATE completed", new CapabilityCode(Capabilities.For(connection)));
        if (!client.HasReadAll)
        {
            connection.Bye("More commands have come while compression was to end");
            return ImapReply.Answered;
        }

        // Compression ends with this line (section 4.1), so that it is not the general end of a command that sends it
        ImapReply.Ok("UNAUTHENTICATE completed").Write(connection.Writer, connection.Tag);
        await connection.Writer.FlushAsync().ConfigureAwait(false);
        await client.StopCompressionAsync().ConfigureAwait(false);
        connection.Reader.Input = client.Input;
        connection.Writer.Output = client.Output;
        return ImapReply.Answered;
    }
}
