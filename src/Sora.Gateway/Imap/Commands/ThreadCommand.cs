using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Search;
using Sora.Gateway.Imap.Threading;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>
/// THREAD and UID THREAD (RFC 5256 section 3). RETURN takes what makes sense of threads: ALL, which is the response itself, and SAVE (RFC 5182
/// section 2 names THREAD among the commands that can save).
/// </summary>
internal sealed class ThreadCommand(SearchProgram program, bool byUid, SearchOptions? given, ThreadAlgorithm algorithm)
    : SearchingCommand(program, byUid, given)
{
    private ThreadForest? _forest;

    protected override string Name => "THREAD";

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var options = SearchOptions.TryParse(ref parser);
        if (options is { } given && (given.What & ~(SearchReturn.All | SearchReturn.Save)) != SearchReturn.None)
            throw parser.Error("no return options but ALL and SAVE");
        var algorithm = parser.Atom("a threading algorithm") switch
        {
            "ORDEREDSUBJECT" => ThreadAlgorithm.OrderedSubject,
            "REFERENCES" => ThreadAlgorithm.References,
            "REFS" => ThreadAlgorithm.Refs,
            _ => throw parser.Error("ORDEREDSUBJECT, REFERENCES or REFS"),
        };
        parser.Space();
        return new ThreadCommand(SearchParser.ParseCriteria(ref parser), context.ByUid, options, algorithm);
    }

    protected override async ValueTask<SearchOutcome> ArrangeAsync(
        ImapConnection connection, SearchOutcome found, MemoryCharge memory, CancellationToken cancellationToken)
    {
        if (Given is not { HasResponse: false })
            _forest = await MessageThreader.ThreadAsync(connection.Server.Keys, found, algorithm, memory, cancellationToken).ConfigureAwait(false);
        return found;
    }

    protected override ValueTask AnswerAsync(ImapConnection connection, SearchOutcome outcome, SearchOptions options) =>
        _forest is null
            ? default
            : ThreadResponse.WriteAsync(connection, _forest, outcome.ToAnswer(ByUid, SearchOptions.All, Program).Numbers);
}
