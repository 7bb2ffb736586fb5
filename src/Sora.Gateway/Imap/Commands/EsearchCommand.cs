using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Search;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>
/// ESEARCH: a search in several mailboxes (MULTISEARCH, RFC 7377). Results are UIDs; mailboxes without a match are not named. UPDATE concerns the selected
/// mailbox alone (section 2.2).
/// </summary>
internal sealed class EsearchCommand : ImapCommand
{
    private readonly SearchSources _sources;
    private readonly SearchOptions _options;
    private readonly SearchProgram _program;
    private readonly byte[] _text;
    private readonly bool _utf8;

    private EsearchCommand(SearchSources sources, SearchOptions options, SearchProgram program, byte[] text, bool utf8)
    {
        _sources = sources;
        _options = options;
        _program = program;
        _text = text;
        _utf8 = utf8;
    }

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var sources = SearchSources.TryParse(ref parser) ?? SearchSources.Selected;
        var options = SearchOptions.TryParse(ref parser) ?? SearchOptions.All;
        var text = parser.Rest.ToArray();
        var program = SearchParser.ParseProgram(ref parser);
        SearchingCommand.CheckRelevancy(ref parser, options.Has(SearchReturn.Relevancy), program);
        if (!sources.IsOnlySelected && options.Has(SearchReturn.Save))
            throw parser.Error("SAVE only with the selected mailbox");
        if (!sources.IsOnlySelected && program.NeedsSelected)
            throw parser.Error("sequence numbers and $ only with the selected mailbox");
        return new EsearchCommand(sources, options, program, text, parser.Utf8);
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var selected = connection.Session.Selected;
        var updates = _options.Has(SearchReturn.Update);
        if (selected is null && (updates || _sources.NeedsSelected))
            return ImapReply.Bad("No mailbox is selected");
        if (SearchingCommand.WhyBad(connection, _program) is { } bad)
            return bad;
        if (updates && selected!.Contexts.Find(connection.Tag) is not null)
            return SearchingCommand.TagReuse;
        if (_program.RefusalBy(connection.Server.Options) is { } error)
            return Fail(selected, ImapReply.No(error));
        if (!connection.Server.SearchRate.TryTake(connection.Account.Id))
            return Fail(selected, ImapReply.No(SearchRate.TooMany));
        if (_program.UsesModSeq)
            connection.EnableCondStore();
        var targets = await _sources.ResolveAsync(connection, cancellationToken).ConfigureAwait(false);
        if (targets.Count > connection.Server.Options.MaxSearchMailboxes)
            return Fail(selected, ImapReply.No("Too many mailboxes", ResponseCode.Of(MailErrorCode.Limit)));
        using var memory = connection.Client.Memory.Begin();
        var (answers, failure) = await SearchRunner.RunAsync(connection, token => SearchAsync(connection, targets, memory, token), cancellationToken)
            .ConfigureAwait(false);
        if (answers is null)
            return Fail(selected, failure);
        var found = answers.Sum(static answer => answer?.Found.Numbers.LongLength ?? 0);
        if (_options.IsTooMuch(connection.Server.Options, found))
            return Fail(selected, ImapReply.No(SearchOutcome.TooMany));
        updates = updates && StartUpdates(connection, answers);
        await AnswerAsync(connection, targets, answers).ConfigureAwait(false);
        return ImapReply.Ok(_options.Has(SearchReturn.Update) && !updates ? "ESEARCH completed, will not notify" : "ESEARCH completed");
    }

    private ImapReply Fail(SelectedMailbox? selected, ImapReply reply)
    {
        if (_options.Has(SearchReturn.Save) && selected is not null)
            selected.Saved = UidSet.Empty;
        return reply;
    }

    private async ValueTask<Answer?[]> SearchAsync(
        ImapConnection connection, List<MailboxTarget> targets, MemoryCharge memory, CancellationToken cancellationToken)
    {
        var answers = new Answer?[targets.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = connection.Server.Options.SearchConcurrency, CancellationToken = cancellationToken };
        await Parallel.ForAsync(
            0,
            answers.Length,
            parallel,
            async (i, token) => answers[i] = await SearchAsync(connection, targets[i], memory, token).ConfigureAwait(false)).ConfigureAwait(false);
        return answers;
    }

    // Keys belong to one search, so each mailbox has its own
    private async ValueTask<Answer?> SearchAsync(ImapConnection connection, MailboxTarget target, MemoryCharge memory, CancellationToken cancellationToken)
    {
        var parser = new ImapParser(_text, _utf8);
        var program = SearchParser.ParseProgram(ref parser);
        if (_options.Has(SearchReturn.Relevancy))
            program.TryScore();
        if (connection.Session.Selected is { } selected && selected.Id == target.Id)
            return await SearchAsync(connection, selected, program, memory, cancellationToken).ConfigureAwait(false);
        var opened = await connection.Server.Replicas.OpenAsync(target.Id, cancellationToken).ConfigureAwait(false);
        if (opened.Error?.Code == MailErrorCode.NonExistent)
            return null;
        if (!opened.IsOk)
            throw new TimeoutException(opened.Error.Text);
        using var other = new SelectedMailbox(target, opened.Value, isExamined: true, tracksRecent: false);
        return await SearchAsync(connection, other, program, memory, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<Answer?> SearchAsync(
        ImapConnection connection, SelectedMailbox mailbox, SearchProgram program, MemoryCharge memory, CancellationToken cancellationToken)
    {
        var latest = mailbox.Latest;
        var found = await SearchRunner.FindAsync(connection.Server, mailbox, latest, program, cancellationToken).ConfigureAwait(false);
        memory.Take((long)found.Count * SearchingCommand.ResultBytes);
        var outcome = new SearchOutcome(mailbox, latest, [.. found]);
        return new Answer(outcome.ToAnswer(byUid: true, _options, program), latest.UidValidity, outcome, program);
    }

    private bool StartUpdates(ImapConnection connection, Answer?[] answers)
    {
        var selected = connection.Selected;
        foreach (var answer in answers)
        {
            if (answer is null || answer.Outcome.Selected != selected)
                continue;
            var mailbox = new SearchedMailbox(selected.Target.Name.Value, answer.UidValidity);
            return selected.Contexts.TryStart(connection, answer.Program, byUid: true, [], answer.Outcome, _options.UpdateItems, mailbox);
        }

        ImapReply.No("Only results in the selected mailbox are kept up to date", new NoUpdateCode([.. connection.Tag])).WriteUntagged(connection.Writer);
        return false;
    }

    private async ValueTask AnswerAsync(ImapConnection connection, List<MailboxTarget> targets, Answer?[] answers)
    {
        if (_options.Has(SearchReturn.Save))
            connection.Selected.Saved = answers is [{ } only] ? only.Outcome.ToSave(_options) : UidSet.Empty;
        if (!_options.HasResponse)
            return;
        for (var i = 0; i < answers.Length; i++)
        {
            if (answers[i] is not { Found.Numbers.Length: > 0 } answer)
                continue;
            var mailbox = new SearchedMailbox(targets[i].Name.Value, answer.UidValidity);
            await SearchResponse.WriteExtendedAsync(connection, connection.Tag.ToArray(), _options, answer.Found, mailbox).ConfigureAwait(false);
        }
    }

    private sealed record Answer(SearchAnswer Found, UidValidity UidValidity, SearchOutcome Outcome, SearchProgram Program);
}
