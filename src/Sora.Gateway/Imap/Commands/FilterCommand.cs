using Sora.Contracts;
using Sora.Gateway.Imap.Filter;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Search;
using Sora.Gateway.Imap.Wire;
using Sora.Gateway.Sieve.Mailboxes;

namespace Sora.Gateway.Imap.Commands;

/// <summary>FILTER and UID FILTER (draft-bosch-imap-filter-sieve-00): runs Sieve scripts on those messages of the selected mailbox that match.</summary>
internal sealed class FilterCommand(FilterKind kind, byte[] script, SearchProgram program, bool byUid) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        if (parser.Atom("SIEVE") != "SIEVE")
            throw parser.Error("SIEVE, the only type of filter");
        parser.Space();
        var kind = parser.Atom("DELIVERY, PERSONAL, GLOBAL or SCRIPT") switch
        {
            "DELIVERY" => FilterKind.Delivery,
            "PERSONAL" => FilterKind.Personal,
            "GLOBAL" => FilterKind.Global,
            "SCRIPT" => FilterKind.Script,
            _ => throw parser.Error("DELIVERY, PERSONAL, GLOBAL or SCRIPT"),
        };
        parser.Space();
        byte[] script = [];
        if (kind != FilterKind.Delivery)
        {
            script = kind == FilterKind.Script ? parser.String() : parser.AString();
            parser.Space();
        }

        return new FilterCommand(kind, script, SearchParser.ParseProgram(ref parser), context.ByUid);
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        if (connection.Server.Scripts is not { Filters: { } filters } scripts)
            return ImapReply.Bad("Unknown command");
        var selected = connection.Selected;
        if (connection.Session.UidOnly)
            return ImapReply.No("The answers to FILTER have message numbers, which UIDONLY rules out", ResponseCode.Of(MailErrorCode.Cannot));
        if (SearchingCommand.WhyBad(connection, program) is { } bad)
            return bad;
        if (selected.WhyNot(Rights.None) is { } readOnly)
            return ImapReply.No(readOnly);
        if (program.RefusalBy(connection.Server.Options) is { } refusal)
            return ImapReply.No(refusal);
        if (!connection.Server.SearchRate.TryTake(connection.Account.Id))
            return ImapReply.No(SearchRate.TooMany);
        if (await MailboxScripts.RecipientAsync(connection.Account, cancellationToken).ConfigureAwait(false) is not { } user)
            return ImapReply.No(MailError.Unavailable());
        var compiled = await filters.CompileAsync(kind, script, user, cancellationToken).ConfigureAwait(false);
        if (!compiled.IsOk)
            return ImapReply.No(compiled.Error);
        var answers = new FilterResponse(connection, byUid, scripts.Options.MaxFilterErrors);
        if (compiled.Value.Diagnostics.Count > 0)
            answers.WriteProblem(compiled.Value.Diagnostics, compiled.Value.HasErrors);
        if (compiled.Value.Sequence is not { } sequence)
            return ImapReply.No("Sieve script does not compile");
        if (program.UsesModSeq)
            connection.EnableCondStore();
        var (found, failure) = await SearchRunner.RunAsync(
            connection, token => SearchRunner.FindAsync(connection.Server, selected, selected.Latest, program, token), cancellationToken).ConfigureAwait(false);
        if (found is null)
            return failure;
        if (found.Count > scripts.Options.MaxFilterMessages)
            return ImapReply.No($"More than {scripts.Options.MaxFilterMessages} messages match", ResponseCode.Of(MailErrorCode.Limit));
        if (MessageLimit.IsAbove(connection, found.Count))
            return ImapReply.No("Too many messages at once", MessageLimit.Code(connection, UidSet.Of([.. found.Select(selected.View.UidAt)])));
        return await new FilterRun(connection, scripts, sequence, user, answers).RunAsync(found, cancellationToken).ConfigureAwait(false);
    }
}
