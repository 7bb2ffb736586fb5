using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap.Contexts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Search;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>What SEARCH, SORT and THREAD have in common: finding messages of the selected mailbox, saving them as <c>$</c>, keeping a result up to date.</summary>
internal abstract class SearchingCommand(SearchProgram program, bool byUid, SearchOptions? given) : ImapCommand
{
    /// <summary>Strings are UTF-8 once UTF8=ACCEPT was enabled (RFC 9755 section 3).</summary>
    private static readonly ImapReply CharsetAfterUtf8 = ImapReply.Bad("Strings are UTF-8 since UTF8=ACCEPT was enabled; no other charset can be named");

    /// <summary>Updates are told by tag (RFC 5267 section 4.3).</summary>
    public static readonly ImapReply TagReuse = ImapReply.Bad("Tag reuse");

    /// <summary>Octets for each message found: its place in the list, in the result and in the answer.</summary>
    public const int ResultBytes = 12;

    private ResponseCode? _limited; // not all that matches was taken (RFC 9738)

    protected SearchProgram Program => program;

    protected bool ByUid => byUid;

    /// <summary>Null when there was no RETURN.</summary>
    protected SearchOptions? Given => given;

    protected abstract string Name { get; }

    /// <summary>How results are ordered; empty for the order of the mailbox.</summary>
    protected virtual IReadOnlyList<Sorting.SortCriterion> Order => [];

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var selected = connection.Selected;
        if (WhyBad(connection, program) is { } bad)
            return bad;
        var options = given ?? SearchOptions.All;
        if (options.Has(SearchReturn.Update) && selected.Contexts.Find(connection.Tag) is not null)
            return TagReuse;
        if (program.UsesModSeq)
            connection.EnableCondStore();
        using var memory = connection.Client.Memory.Begin();
        var (outcome, failure) = await TryFindAsync(connection, options, memory, cancellationToken).ConfigureAwait(false);
        if (outcome is null)
        {
            // A search that fails leaves an empty result behind (RFC 5182 section 2.1)
            if (options.Has(SearchReturn.Save))
                selected.Saved = UidSet.Empty;
            return failure;
        }

        if (options.Has(SearchReturn.Save))
            selected.Saved = outcome.ToSave(options);
        var updates = options.Has(SearchReturn.Update) && selected.Contexts.TryStart(connection, program, byUid, Order, outcome, options.UpdateItems);
        await AnswerAsync(connection, outcome, options).ConfigureAwait(false);
        var done = ImapReply.Ok(options.Has(SearchReturn.Update) && !updates ? $"{Name} completed, will not notify" : $"{Name} completed");
        return MessageLimit.Answer(connection, done, _limited);
    }

    /// <summary>Brings the messages that were found into the order in which they are returned, without writing anything.</summary>
    /// <exception cref="SessionMemoryException">It takes too much memory.</exception>
    protected virtual ValueTask<SearchOutcome> ArrangeAsync(
        ImapConnection connection, SearchOutcome found, MemoryCharge memory, CancellationToken cancellationToken) => new(found);

    protected abstract ValueTask AnswerAsync(ImapConnection connection, SearchOutcome outcome, SearchOptions options);

    /// <summary>The answer to keys that this session may not use.</summary>
    public static ImapReply? WhyBad(ImapConnection connection, SearchProgram program) =>
        program.HasOwnCharset && connection.Session.Utf8Accept ? CharsetAfterUtf8
        : program.UsesRecent && connection.Session.Rev2 ? ImapReply.Bad("IMAP4rev2 has no RECENT, OLD and NEW")
        : null;

    /// <summary>RELEVANCY needs a FUZZY key (RFC 6203 section 4), which is known only after the keys were read.</summary>
    public static void CheckRelevancy(ref ImapParser parser, bool isAsked, SearchProgram program)
    {
        if (isAsked && !program.TryScore() && program.Refusal is null)
            throw parser.Error("a FUZZY key, without which there is no RELEVANCY");
    }

    private async ValueTask<(SearchOutcome? Outcome, ImapReply Failure)> TryFindAsync(
        ImapConnection connection, SearchOptions options, MemoryCharge memory, CancellationToken cancellationToken)
    {
        var server = connection.Server;
        if (program.RefusalBy(server.Options) is { } error)
            return (null, ImapReply.No(error));
        if (!server.SearchRate.TryTake(connection.Account.Id))
            return (null, ImapReply.No(SearchRate.TooMany));
        var (outcome, failure) = await SearchRunner.RunAsync(connection, token => FindAsync(connection, options, memory, token), cancellationToken)
            .ConfigureAwait(false);
        return outcome is not null && options.IsTooMuch(server.Options, outcome.Positions.Length) ? (null, ImapReply.No(SearchOutcome.TooMany)) : (outcome, failure);
    }

    private async ValueTask<SearchOutcome> FindAsync(
        ImapConnection connection, SearchOptions options, MemoryCharge memory, CancellationToken cancellationToken)
    {
        var selected = connection.Selected;
        var latest = selected.Latest;
        var server = connection.Server;
        var found = await SearchRunner.FindAsync(server, selected, latest, program, cancellationToken).ConfigureAwait(false);
        if (server.Options.MessageLimit is > 0 and var limit && found.Count > limit)
        {
            // The highest ones, as for all other commands: the client asks again for what lies below
            found.RemoveRange(0, found.Count - limit);
            _limited = MessageLimit.Code(connection, UidSet.Of(selected.View.UidAt(found[0])));
        }

        memory.Take((long)found.Count * ResultBytes);
        var outcome = new SearchOutcome(selected, latest, [.. found]);
        return options.IsTooMuch(server.Options, found.Count) ? outcome : await ArrangeAsync(connection, outcome, memory, cancellationToken).ConfigureAwait(false);
    }
}
