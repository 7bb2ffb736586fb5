using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Sieve;
using Sora.Gateway.Sieve.Mailboxes;
using Sora.Sieve;

namespace Sora.Gateway.Imap.Filter;

/// <summary>Runs the scripts of one FILTER on the messages that match, one after the other, and answers for each on which they had an effect.</summary>
internal sealed class FilterRun(ImapConnection connection, MailboxScripts scripts, ScriptSequence sequence, DeliveryRecipient user, FilterResponse answers)
{
    private const int BatchSize = 64;

    private readonly List<EventGroup> _changed = [];

    /// <param name="positions">Positions in the session's view.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<ImapReply> RunAsync(List<int> positions, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(scripts.Options.FilterTimeout, scripts.Scripts.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var progress = new ProgressReport(connection, positions.Count);
        var isGone = false;
        try
        {
            for (var from = 0; from < positions.Count; from += BatchSize)
            {
                isGone |= await RunBatchAsync(positions.GetRange(from, Math.Min(BatchSize, positions.Count - from)), both.Token).ConfigureAwait(false);
                await progress.ReportAsync(from).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            await StartEventsAsync(cancellationToken).ConfigureAwait(false);
            return ImapReply.No("Filter took too long; not all messages were filtered", ResponseCode.Of(MailErrorCode.Limit));
        }

        await StartEventsAsync(cancellationToken).ConfigureAwait(false);
        return isGone ? ImapReply.Ok("FILTER completed; some messages have been expunged", ResponseCode.ExpungeIssued) : ImapReply.Ok("FILTER completed");
    }

    // "Flags changed in any way" start scripts (RFC 6785 section 2.2.3), whoever changes them
    private async ValueTask StartEventsAsync(CancellationToken cancellationToken)
    {
        if (_changed.Count == 0)
            return;
        var started = await CommandEvents.FindForFlagsAsync(connection, cancellationToken).ConfigureAwait(false);
        await CommandEvents.FlagsChangedAsync(connection, started, _changed, cancellationToken).ConfigureAwait(false);
    }

    // True when a message was not there any more
    private async ValueTask<bool> RunBatchAsync(List<int> positions, CancellationToken cancellationToken)
    {
        var selected = connection.Selected;
        var latest = selected.Latest;
        var ids = positions.ConvertAll(position => selected.RowAt(position, latest).Content).ToArray();
        var contents = await scripts.Messages.ReadAsync(ids, ContentParts.All, cancellationToken).ConfigureAwait(false);
        var isGone = false;
        for (var i = 0; i < ids.Length; i++)
        {
            var uid = selected.View.UidAt(positions[i]);
            var now = selected.Latest;
            if (contents[i] is not { } content || now.PositionOf(uid) is not (>= 0 and var at))
            {
                isGone = true;
                continue;
            }

            await RunAsync(positions[i] + 1, now[at], now.Keywords, content, cancellationToken).ConfigureAwait(false);
            if (connection.Writer.ShouldFlush)
                await connection.Writer.FlushAsync().ConfigureAwait(false);
        }

        return isGone;
    }

    private async ValueTask RunAsync(int number, MessageRow row, KeywordTable keywords, MessageContent content, CancellationToken cancellationToken)
    {
        List<string> errors;
        try
        {
            var outcome = await FilterAsync(row, keywords, content, cancellationToken).ConfigureAwait(false);
            if (!outcome.Changed.IsEmpty)
                _changed.Add(new EventGroup(UidSet.Of(row.Uid), outcome.Changed));
            errors = outcome.Plan.HasFailed ? [.. outcome.Plan.Notes.Select(FilterResponse.Line)] : [];
            if (outcome.ModSeq != default)
            {
                await connection.Selected.CatchUpAsync(outcome.ModSeq, cancellationToken).ConfigureAwait(false);
                await connection.SynchronizeAsync(mayExpunge: false, cancellationToken: cancellationToken).ConfigureAwait(false);
            }

            if (!outcome.HasActed && errors.Count == 0)
                return;
        }
        catch (ScriptsUnavailableException e)
        {
            errors = [e.Error.Text];
        }
        catch (BodyUnavailableException)
        {
            errors = ["The message cannot be read"];
        }

        answers.WriteResult(number, row.Uid, errors);
    }

    private async ValueTask<StoredOutcome> FilterAsync(MessageRow row, KeywordTable keywords, MessageContent content, CancellationToken cancellationToken)
    {
        var selected = connection.Selected;
        await using var message = await StoredMessage.OpenAsync(scripts.Messages, content, cancellationToken).ConfigureAwait(false);

        // "envelope information SHOULD be reconstructed as good as possible" (draft section 5)
        var reversePath = message.ReversePath;
        var envelope = new SieveEnvelope { From = reversePath ?? "", To = message.ForwardPath is { Length: > 0 } to ? to : user.PrimaryAddress };
        var input = new ScriptInput(connection.Account, user, message, envelope, scripts.EnvironmentOf(selected.Name))
        {
            Time = scripts.Scripts.Time.GetUtcNow(),
            Event = new SieveImapEvent(SieveImapCause.Filter, selected.Name.Value) { Flags = FlagNames.Of(row.Flags, keywords) },
        };
        var place = new StoredPlace(selected.Target.Account.Id, selected.Id, selected.Mailbox, selected.Rights);
        var run = new StoredRun(scripts.Scripts, scripts.Mailboxes, scripts.Messages, place);
        return await run.RunAsync(sequence, input, message, row, reversePath ?? user.PrimaryAddress, $"{selected.Id.Value}/{row.Uid}", cancellationToken).ConfigureAwait(false);
    }
}
