using Sora.Gateway.Connections;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Search;
using Sora.Gateway.Imap.Sorting;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>SORT and UID SORT (RFC 5256 section 3; RETURN: RFC 5267; display keys: RFC 5957; RELEVANCY: RFC 6203).</summary>
internal sealed class SortCommand(SearchProgram program, bool byUid, SearchOptions? given, List<SortCriterion> criteria)
    : SearchingCommand(program, byUid, given)
{
    protected override string Name => "SORT";

    protected override IReadOnlyList<SortCriterion> Order => criteria;

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var options = SearchOptions.TryParse(ref parser);
        var criteria = SortCriterion.ParseList(ref parser);
        parser.Space();
        var program = SearchParser.ParseCriteria(ref parser);
        var isAsked = options?.Has(SearchReturn.Relevancy) == true || criteria.Exists(static criterion => criterion.Key == SortKey.Relevancy);
        CheckRelevancy(ref parser, isAsked, program);
        return new SortCommand(program, context.ByUid, options, criteria);
    }

    protected override async ValueTask<SearchOutcome> ArrangeAsync(
        ImapConnection connection, SearchOutcome found, MemoryCharge memory, CancellationToken cancellationToken)
    {
        var positions = await MessageSorter.SortAsync(connection.Server.Keys, found, criteria, Program, memory, cancellationToken).ConfigureAwait(false);
        return found with { Positions = positions };
    }

    protected override async ValueTask AnswerAsync(ImapConnection connection, SearchOutcome outcome, SearchOptions options)
    {
        var answer = outcome.ToAnswer(ByUid, options, Program);
        if (Given is null)
            await SearchResponse.WriteSortAsync(connection, answer).ConfigureAwait(false);
        else if (options.HasResponse)
            await SearchResponse.WriteExtendedAsync(connection, connection.Tag.ToArray(), options, answer).ConfigureAwait(false);
    }
}
