using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>NOOP (RFC 9051 section 6.1.2) and CHECK (RFC 3501 section 6.4.1): everything is durable already, so both only report what is new.</summary>
internal sealed class NoopCommand(string text) : ImapCommand
{
    private static readonly NoopCommand Noop = new("NOOP completed");
    private static readonly NoopCommand Check = new("CHECK completed");

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context) => Noop;

    public static ImapCommand ParseCheck(ref ImapParser parser, ParseContext context) => Check;

    public override ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken) =>
        new(ImapReply.Ok(text));
}
