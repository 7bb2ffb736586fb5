using System.Text;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>
/// IDLE (RFC 2177). Waiting is one pending read: changes, the keepalive and the server's end all wake that read, so an idle client costs
/// neither a buffer nor a timer.
/// </summary>
internal sealed class IdleCommand : ImapCommand
{
    private const int MaxLine = 64;

    private static readonly IdleCommand Instance = new();

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context) => Instance;

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        connection.Writer.Raw("+ idling\r\n"u8);
        connection.StartListening();
        var news = connection.Session.MetadataNews;
        if (news is not null)
            news.IsIdle = true;
        try
        {
            return await IdleAsync(connection, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            connection.StopListening();
            if (news is not null)
                news.IsIdle = false;
        }
    }

    private static async ValueTask<ImapReply> IdleAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var client = connection.Client;
        connection.SetInputTimeout(connection.Server.Options.IdleKeepalive);
        while (true)
        {
            var scope = new SyncScope { IsIdle = true };
            if (!await connection.SynchronizeAsync(mayExpunge: true, scope, cancellationToken: cancellationToken).ConfigureAwait(false))
                return ImapReply.Answered;
            if (!await connection.PushAsync(delaysExpunges: false).ConfigureAwait(false))
                return ImapReply.Answered;
            if (connection.Session.MetadataNews is { } news)
                await news.ReportAsync(cancellationToken).ConfigureAwait(false);
            if (client.Draining.IsCancellationRequested)
            {
                connection.Bye("Server is going down");
                return ImapReply.Answered;
            }

            if (connection.HasExpired)
            {
                connection.ByeExpired();
                return ImapReply.Answered;
            }

            var (status, line) = await connection.Reader.ReadLineAsync(MaxLine).ConfigureAwait(false);
            switch (status)
            {
                case ReadStatus.Command:
                    return Ascii.EqualsIgnoreCase(line, "DONE"u8) ? ImapReply.Ok("IDLE completed") : ImapReply.Bad("Expected DONE");
                case ReadStatus.TooLong:
                    return ImapReply.Bad("Expected DONE");
                case ReadStatus.Closed:
                    connection.Session.IsEnding = true;
                    return ImapReply.Answered;
                default:
                    if (client.InputTimedOut && !connection.HasExpired)
                    {
                        connection.Writer.Raw("* OK Still here\r\n"u8);
                        connection.SetInputTimeout(connection.Server.Options.IdleKeepalive);
                    }

                    break;
            }
        }
    }
}
