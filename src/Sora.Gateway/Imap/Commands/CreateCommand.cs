using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>CREATE (RFC 9051 section 6.3.4; USE: RFC 6154 section 3).</summary>
internal sealed class CreateCommand(MailboxName name, string supplied, SpecialUse use) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var name = parser.Mailbox(out var supplied);
        var use = SpecialUse.None;
        if (parser.TrySpace())
        {
            parser.Open();
            if (!parser.TryKeyword("USE"u8))
                throw parser.Error("USE");
            parser.Space();
            use = Uses(ref parser);
            parser.Close();
        }

        return new CreateCommand(name, supplied, use);
    }

    public override IReadOnlyList<MailboxName> ChangedNames => [name];

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var created = await connection.Directory.CreateAsync(name, use, cancellationToken).ConfigureAwait(false);
        if (!created.IsOk)
            return ImapReply.No(created.Error);
        await SuppliedName.TellAsync(connection, name, supplied, cancellationToken).ConfigureAwait(false);
        return ImapReply.Ok("CREATE completed", new MailboxIdCode(created.Value.Id));
    }

    private static SpecialUse Uses(ref ImapParser parser)
    {
        var uses = new List<SpecialUse>();
        parser.Open();
        while (!parser.TryByte((byte)')'))
        {
            if (uses.Count > 0)
                parser.Space();
            if (!parser.TryByte((byte)'\\'))
                throw parser.Error("a special-use attribute");
            uses.Add(ListAttributes.UseOf(parser.Atom("a special-use attribute"))
                ?? throw new ImapSyntaxException(new MailError(MailErrorCode.UseAttr, "Special use is not supported")));
        }

        return uses.Count switch
        {
            0 => SpecialUse.None,
            1 => uses[0],
            _ => throw new ImapSyntaxException(new MailError(MailErrorCode.UseAttr, "A mailbox has at most one special use")),
        };
    }
}
