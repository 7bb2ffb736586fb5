using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Search;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>
/// SEARCH and UID SEARCH (RFC 9051 section 6.4.4, RFC 4731, RFC 5182; MODSEQ: RFC 7162 section 3.1.5; PARTIAL: RFC 9394; CONTEXT and UPDATE:
/// RFC 5267; RELEVANCY: RFC 6203).
/// </summary>
internal sealed class SearchCommand(SearchProgram program, bool byUid, SearchOptions? given) : SearchingCommand(program, byUid, given)
{
    protected override string Name => "SEARCH";

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var options = SearchOptions.TryParse(ref parser);
        var program = SearchParser.ParseProgram(ref parser);
        CheckRelevancy(ref parser, options?.Has(SearchReturn.Relevancy) == true, program);
        return new SearchCommand(program, context.ByUid, options);
    }

    protected override async ValueTask AnswerAsync(ImapConnection connection, SearchOutcome outcome, SearchOptions options)
    {
        var answer = outcome.ToAnswer(ByUid, options, Program);
        if (Given is null && !connection.Session.Rev2)
            await SearchResponse.WriteSearchAsync(connection, answer).ConfigureAwait(false);
        else if (options.HasResponse)
            await SearchResponse.WriteExtendedAsync(connection, connection.Tag.ToArray(), options, answer).ConfigureAwait(false);
    }
}
