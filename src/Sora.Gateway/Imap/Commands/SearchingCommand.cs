using Sora.Contracts;
using Sora.Gateway.Imap.Contexts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Search;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>What SEARCH, SORT and THREAD have in common: finding messages of the selected mailbox, saving them as <c>$</c>, keeping a result up to date.</summary>
internal abstract class SearchingCommand(SearchProgram program, bool byUid, SearchOptions? given) : ImapCommand
{
    /// <summary>Strings are UTF-8 once UTF8=ACCEPT was enabled (RFC 6855 section 3).</summary>
    public static readonly ImapReply CharsetAfterUtf8 = ImapReply.Bad("Strings are UTF-8 since UTF8=ACCEPT was enabled; CHARSET must not be given");

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
        if (program.NamesCharset && connection.Session.Utf8Accept)
            return CharsetAfterUtf8;
        var options = given ?? SearchOptions.All;
        if (options.Has(SearchReturn.Update) && selected.Contexts.Find(connection.Tag) is not null)
            return ImapReply.Bad("Tag reuse");
        if (program.UsesModSeq)
            connection.EnableCondStore();
        var (outcome, failure) = program.LimitError(connection.Server.Options) is { } error
            ? (null, ImapReply.No(error))
            : await SearchRunner.RunAsync(connection, token => FindAsync(connection, selected, token), cancellationToken).ConfigureAwait(false);
        if (outcome is null)
        {
            // A search that fails leaves an empty result behind (RFC 5182 section 2.1)
            if (options.Has(SearchReturn.Save))
                selected.Saved = UidSet.Empty;
            return failure;
        }

        if (options.Has(SearchReturn.Save))
            selected.Saved = outcome.ToSave(options);
        var updates = options.Has(SearchReturn.Update) && StartUpdates(connection, outcome, options);
        await AnswerAsync(connection, outcome, options).ConfigureAwait(false);
        var done = ImapReply.Ok(options.Has(SearchReturn.Update) && !updates ? $"{Name} completed, will not notify" : $"{Name} completed");
        return MessageLimit.Answer(connection, done, _limited);
    }

    /// <summary>Finds the messages and brings them into order, without writing anything.</summary>
    protected virtual async ValueTask<SearchOutcome> FindAsync(ImapConnection connection, SelectedMailbox selected, CancellationToken cancellationToken)
    {
        var latest = selected.Latest;
        var found = await SearchRunner.FindAsync(connection.Server, selected, latest, program, cancellationToken).ConfigureAwait(false);
        if (connection.Server.Options.MessageLimit is > 0 and var limit && found.Count > limit)
        {
            // The highest ones, as for all other commands: the client asks again for what lies below
            found.RemoveRange(0, found.Count - limit);
            _limited = MessageLimit.Code(connection, UidSet.Of(selected.View.UidAt(found[0])));
        }

        return new SearchOutcome(selected, latest, [.. found]);
    }

    protected abstract ValueTask AnswerAsync(ImapConnection connection, SearchOutcome outcome, SearchOptions options);

    /// <summary>RELEVANCY needs a FUZZY key (RFC 6203 section 4), which is known only after the keys were read.</summary>
    protected static void CheckRelevancy(ref ImapParser parser, bool isAsked, SearchProgram program)
    {
        if (isAsked && !program.TryScore())
            throw parser.Error("a FUZZY key, without which there is no RELEVANCY");
    }

    private bool StartUpdates(ImapConnection connection, SearchOutcome outcome, SearchOptions options)
    {
        var contexts = outcome.Selected.Contexts;
        if (contexts.Count >= connection.Server.Options.MaxSearchContexts)
        {
            ImapReply.No("Too many contexts", new NoUpdateCode([.. connection.Tag])).WriteUntagged(connection.Writer);
            return false;
        }

        program.Freeze();
        contexts.Add(new SearchContext([.. connection.Tag], byUid, program, Order, outcome, options.UpdateItems));
        return true;
    }
}
