using System.Collections.Immutable;
using System.Diagnostics;
using Sora.Contracts;
using Sora.Sieve;

namespace Sora.Gateway.Sieve.Mailboxes;

/// <summary>The mailbox whose messages scripts look at.</summary>
/// <param name="Owner">Whose it is.</param>
/// <param name="Id">Its number.</param>
/// <param name="Writer">Its writer.</param>
/// <param name="Rights">What whoever the scripts belong to may do with it.</param>
/// <param name="MayExpunge">A message that is not kept is expunged, and not only \Deleted.</param>
internal sealed record StoredPlace(AccountId Owner, MailboxId Id, IMailbox Writer, Rights Rights, bool MayExpunge = false);

/// <summary>What scripts did to one message.</summary>
/// <param name="Plan">What they wanted, and what went wrong.</param>
/// <param name="HasActed">Something was done that can be seen: flags, copies, mail.</param>
/// <param name="Changed">Flags that the scripts have changed by imap4flags; none when they only marked the message \Deleted.</param>
/// <param name="ModSeq">State of the mailbox that has the flags; the default when they have not changed.</param>
internal sealed record StoredOutcome(DeliveryPlan Plan, bool HasActed, ImmutableArray<string> Changed, ModSeq ModSeq);

/// <summary>
/// Carries out what scripts want done with a message that is in a mailbox (RFC 6785 section 3): copies, mail, flags. The message itself does not change and is not lost,
/// whatever goes wrong: when an action fails it stays as it is.
/// </summary>
internal sealed class StoredRun(DeliveryScripts scripts, IMailboxes mailboxes, IMessageStore messages, StoredPlace place)
{
    private bool _hasActed;
    private ModSeq _modSeq;

    /// <summary>Runs the scripts on one message.</summary>
    /// <param name="sequence">The scripts.</param>
    /// <param name="input">The message, and what happened to it.</param>
    /// <param name="message">The message of the input.</param>
    /// <param name="row">The message as the mailbox lists it.</param>
    /// <param name="sender">The reverse-path of what is redirected.</param>
    /// <param name="id">Names the run in logs.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ScriptsUnavailableException">Something cannot be asked or done now.</exception>
    /// <exception cref="BodyUnavailableException">The message cannot be read.</exception>
    public async ValueTask<StoredOutcome> RunAsync(
        ScriptSequence sequence, ScriptInput input, StoredMessage message, MessageRow row, string sender, string id, CancellationToken cancellationToken)
    {
        (_hasActed, _modSeq) = (false, default);
        var started = Stopwatch.GetTimestamp();
        var plan = await scripts.Planner.PlanAsync(sequence, input, cancellationToken);
        scripts.Instruments.Ran(plan, Stopwatch.GetElapsedTime(started));
        await using var made = new MadeMessages(scripts.Intakes);
        var home = input.Event!.IsFilter ? plan.Stores.FirstOrDefault(store => store.Mailbox == place.Id) : null;
        foreach (var store in plan.Stores)
        {
            if (!ReferenceEquals(store, home))
                await StoreAsync(input, message, row, plan, store, made, cancellationToken);
        }

        await SendAsync(input, message, row, plan, sender, id, made, cancellationToken);
        var changed = await FinishAsync(input, message, row, plan, home, made, cancellationToken);
        await scripts.CompleteAsync(input.Account.Id, plan, message.HeaderText("Message-ID"u8), id);
        return new StoredOutcome(plan, _hasActed, changed, _modSeq);
    }

    // "In all cases, fileinto always creates a new message, separate from the original" (RFC 6785 section 3.3)
    private async ValueTask StoreAsync(
        ScriptInput input, StoredMessage message, MessageRow row, DeliveryPlan plan, PlannedStore store, MadeMessages made, CancellationToken cancellationToken)
    {
        var stored = store.Message is null && store.Owner == place.Owner
            ? await CopyAsync(input, row, store, cancellationToken)
            : await AppendAsync(message, row, store.Mailbox, store.Owner, store.Flags, store.Message, made, cancellationToken);
        if (stored is { } error)
            plan.Fail(new DeliveryNote("", 0, $"The message cannot be put into {store.Name}: {error.Text}"));
        else
            _hasActed = true;
    }

    // The copy shares the content. Its flags are the script's: they start as those of the message
    private async ValueTask<MailError?> CopyAsync(ScriptInput input, MessageRow row, PlannedStore store, CancellationToken cancellationToken)
    {
        var isSame = FlagNames.AreSame(input.Event!.Flags, FlagNames.Of(store.Flags));
        var request = new CopyRequest(OperationId.New(), UidSet.Of(row.Uid), store.Mailbox, Move: false, isSame ? Rights.All : Rights.None);
        var copied = await place.Writer.CopyAsync(request, cancellationToken);
        if (!copied.IsOk)
            return copied.Error;
        if (copied.Value.DestinationUids.IsEmpty)
            return new MailError(MailErrorCode.NonExistent, "it has been expunged meanwhile");
        if (isSame || store.Flags.IsEmpty)
            return null;
        var flagged = await mailboxes.Get(store.Mailbox).StoreAsync(
            new StoreRequest(OperationId.New(), copied.Value.DestinationUids, StoreMode.Add, store.Flags), cancellationToken);
        return flagged.IsOk ? null : flagged.Error;
    }

    private async ValueTask<MailError?> AppendAsync(
        StoredMessage message, MessageRow row, MailboxId mailbox, AccountId owner, FlagSet flags, SieveNewMessage? changed, MadeMessages made, CancellationToken cancellationToken)
    {
        var content = changed is null
            ? await made.TakeAsync(message, cancellationToken)
            : await made.TakeAsync(changed.Header, changed.Body, message, cancellationToken);
        var append = new AppendMessage(content, ReadOnlyMemory<byte>.Empty, flags, DateTimeOffset.FromUnixTimeSeconds(row.InternalDate));
        if (changed is null && owner != place.Owner)
        {
            var known = await messages.EmailIdsAsync(place.Owner, cancellationToken);
            append = append with { EmailId = known.GetValueOrDefault(row.Content, row.Content) };
        }

        var appended = await mailboxes.Get(mailbox).AppendAsync(new AppendRequest(OperationId.New(), [append]), cancellationToken);
        return appended.IsOk ? null : appended.Error;
    }

    private async ValueTask SendAsync(
        ScriptInput input, StoredMessage message, MessageRow row, DeliveryPlan plan, string sender, string id, MadeMessages made, CancellationToken cancellationToken)
    {
        if (plan.Sends.Count == 0)
            return;
        var arrived = message.AsArrived();
        var arrival = new Arrival(arrived, sender, Parameters: null, ReadOnlyMemory<byte>.Empty, id, SmtpUtf8: true, input.Environment);

        // The same may happen to a message again, and then it is sent again
        var mail = new OutgoingMail(scripts, arrival, input, plan, new OperationKeys(arrived, remembers: false));
        await mail.SendAsync(cancellationToken);
        _hasActed = true;
        var own = new DeliveryMailboxes(scripts.Planner.Ports, input.Account);
        foreach (var (action, fcc, copy) in mail.Copies)
        {
            var (store, problem) = await ScriptPlanner.PlaceAsync(own, fcc, DeliveryFlags.Of(fcc.Flags), isTrial: false, cancellationToken);
            if (store is null)
            {
                plan.Fail(action, $":fcc: {problem}");
                continue;
            }

            var append = new AppendMessage(await made.TakeAsync(copy, cancellationToken), ReadOnlyMemory<byte>.Empty, store.Flags, input.Time);
            var appended = await mailboxes.Get(store.Mailbox).AppendAsync(new AppendRequest(OperationId.New(), [append]), cancellationToken);
            if (!appended.IsOk)
                plan.Fail(action, $":fcc: {appended.Error.Text}");
        }
    }

    // What becomes of the message itself
    private async ValueTask<ImmutableArray<string>> FinishAsync(
        ScriptInput input, StoredMessage message, MessageRow row, DeliveryPlan plan, PlannedStore? home, MadeMessages made, CancellationToken cancellationToken)
    {
        var before = input.Event!.Flags;
        var result = plan.Result;
        var isKept = home is not null || result.ImplicitKeep || result.Actions.Any(static action => action is KeepAction);

        // "The message is left in its original state" (draft-bosch-imap-filter-sieve section 3.3)
        if (result.Error is not null || (plan.HasFailed && (!isKept || input.Event!.IsFilter)))
            return [];
        var change = home is null ? result.FlagChange : SieveFlagChange.Between(before, FlagNames.Of(home.Flags));
        if ((home?.Message ?? plan.KeptMessage) is { } replacement && isKept)
        {
            await ReplaceAsync(message, row, plan, replacement, Applied(before, change), made, cancellationToken);
            return [];
        }

        if (change is null)
            return [];
        if (!isKept && (place.Rights & Rights.DeleteMessages) == Rights.None)
        {
            plan.Fail(new DeliveryNote("", 0, "The message stays: it may not be deleted from this mailbox"));
            return [];
        }

        var changed = ImmutableArray.CreateBuilder<string>();
        foreach (var (flags, mode) in new[] { (change.Added, StoreMode.Add), (change.Removed, StoreMode.Remove) })
        {
            if (flags.IsEmpty)
                continue;
            if (await FlagAsync(row, plan, DeliveryFlags.Of(flags), mode, cancellationToken) is not { } changes)
                return [];
            foreach (var one in changes)
                changed.AddRange(FlagNames.Of(one.Flags));
        }

        if (isKept)
            return changed.ToImmutable();
        if (place.MayExpunge)
            await place.Writer.ExpungeAsync(new ExpungeRequest(OperationId.New(), UidSet.Of(row.Uid)), cancellationToken);
        return [];
    }

    // "a new modified message is appended and the original message is marked as deleted" (draft-bosch-imap-filter-sieve section 4.1)
    private async ValueTask ReplaceAsync(
        StoredMessage message, MessageRow row, DeliveryPlan plan, SieveNewMessage replacement, FlagSet flags, MadeMessages made, CancellationToken cancellationToken)
    {
        const Rights Needed = Rights.Insert | Rights.DeleteMessages;
        var error = (place.Rights & Needed) != Needed
            ? new MailError(MailErrorCode.NoPerm, "messages may not be put into this mailbox, or not deleted from it")
            : await AppendAsync(message, row, place.Id, place.Owner, flags.CoveredBy(place.Rights), replacement, made, cancellationToken);
        if (error is not null)
            plan.Fail(new DeliveryNote("", 0, $"The changed message cannot be stored: {error.Text}"));
        else
            await FlagAsync(row, plan, FlagSet.Of(SystemFlags.Deleted), StoreMode.Add, cancellationToken);
    }

    // Null when they cannot be changed
    private async ValueTask<IReadOnlyList<ChangedFlags>?> FlagAsync(MessageRow row, DeliveryPlan plan, FlagSet flags, StoreMode mode, CancellationToken cancellationToken)
    {
        var request = new StoreRequest(OperationId.New(), UidSet.Of(row.Uid), mode, flags.CoveredBy(place.Rights), UnchangedSince: null, place.Rights, TellChanges: true);
        var stored = await place.Writer.StoreAsync(request, cancellationToken);
        if (!stored.IsOk)
        {
            plan.Fail(new DeliveryNote("", 0, $"The message's flags cannot be changed: {stored.Error.Text}"));
            return null;
        }

        (_hasActed, _modSeq) = (true, stored.Value.ModSeq);
        return stored.Value.Changes;
    }

    private static FlagSet Applied(ImmutableArray<string> before, SieveFlagChange? change) => DeliveryFlags.Of(
        change is null ? before : before.RemoveRange(change.Removed, StringComparer.OrdinalIgnoreCase).AddRange(change.Added));
}
