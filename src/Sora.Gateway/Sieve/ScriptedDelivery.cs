using System.Diagnostics;
using System.Text;
using Sora.Contracts;
using Sora.Gateway.Lmtp;
using Sora.Sieve;

namespace Sora.Gateway.Sieve;

/// <summary>A delivery some of whose recipients have scripts: what they decided, and what is to be done once the message is stored.</summary>
internal sealed class ScriptedDelivery : IAsyncDisposable
{
    /// <summary>What a sender hears when the reason itself cannot be said (RFC 5429 section 2.1.1).</summary>
    private const string NoReason = "The message was refused by the recipient's mail filter";

    private readonly DeliveryScripts _scripts;
    private readonly Arrival _arrival;
    private readonly List<DeliveryRecipient> _recipients;
    private readonly State?[] _states;
    private readonly OperationKeys _keys;
    private readonly MadeMessages _made;
    private ArrivedMessage? _message;

    public ScriptedDelivery(DeliveryScripts scripts, Arrival arrival, List<DeliveryRecipient> recipients)
    {
        _scripts = scripts;
        _arrival = arrival;
        _recipients = recipients;
        _states = new State?[recipients.Count];
        _keys = new OperationKeys(arrival.Message, scripts.Remembers);
        _made = new MadeMessages(scripts.Intakes);
    }

    /// <summary>Why a recipient refuses the message, or null; the message may have been stored for the recipient all the same.</summary>
    public string? RefusalOf(int recipient) => _states[recipient]?.Refusal;

    /// <summary>
    /// What a sender who asked for it hears of the delivery (RFC 3461 section 5.2.3): nothing when a script has refused the message in another message (RFC 5429 section 2.2.1).
    /// What scripts have thrown away was delivered to them.
    /// </summary>
    public DeliveryAction? ReportOf(int recipient) => _states[recipient]?.Plan switch
    {
        { Reject: not null } => null,
        { Stores.Count: 0 } plan when plan.Sends.Any(static action => action is RedirectAction) => DeliveryAction.Relayed,
        _ => DeliveryAction.Delivered,
    };

    /// <summary>Runs one recipient's scripts and queues what they send. Nothing is stored yet.</summary>
    public async ValueTask PrepareAsync(int position, MailResult<ScriptSequence?> sequence, CancellationToken cancellationToken)
    {
        var recipient = _recipients[position];
        var state = _states[position] = new State { Recipient = recipient };
        try
        {
            if (sequence.IsOk)
                await PrepareAsync(state, recipient, sequence.Value!, cancellationToken);
            else
                state.Error = sequence.Error;
        }
        catch (ScriptsUnavailableException e)
        {
            state.Error = e.Error;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // One recipient's trouble is not that of the others
            state.Error = MailError.Unavailable();
            Log.ScriptsUnavailable(_scripts.Logger, _arrival.TransactionId, recipient.Account.Value, e);
        }

        if (state.Error is not null)
            _scripts.Instruments.Failed();
    }

    /// <summary>Stores the message for all recipients; the outcomes are in their order.</summary>
    public async Task<IReadOnlyList<DeliveryOutcome>> DeliverAsync(IDelivery delivery, DeliveryRequest request, CancellationToken cancellationToken)
    {
        var outcomes = new DeliveryOutcome[_recipients.Count];
        var some = new List<DeliveryRecipient>(_recipients.Count);
        var positions = new List<int>(_recipients.Count);
        for (var i = 0; i < outcomes.Length; i++)
        {
            if (_states[i] is { Error: { } error })
            {
                outcomes[i] = new DeliveryOutcome(error);
                continue;
            }

            some.Add(_states[i]?.Recipient ?? _recipients[i]);
            positions.Add(i);
        }

        if (some.Count > 0)
        {
            var delivered = await delivery.DeliverAsync(request with { Recipients = some }, cancellationToken);
            for (var i = 0; i < positions.Count; i++)
                outcomes[positions[i]] = delivered[i];
        }

        for (var i = 0; i < outcomes.Length; i++)
        {
            if (_states[i] is not { Plan: { } plan } state)
                continue;
            if (outcomes[i].Error is { Code: MailErrorCode.NonExistent } gone)
                outcomes[i] = await DeliverToInboxAsync(delivery, request, state, plan, gone, cancellationToken);
            else if (outcomes[i].Error is { Code: MailErrorCode.OverQuota } && plan.Stores.Any(store => store.Owner != state.Recipient.Account))
                outcomes[i] = await DeliverToOwnAsync(delivery, request, state, plan, cancellationToken);
            if (outcomes[i].IsDelivered)
                await _scripts.CompleteAsync(state.Recipient.Account, plan, _arrival.Message.MessageId, _arrival.TransactionId);
        }

        return outcomes;
    }

    public ValueTask DisposeAsync() => _made.DisposeAsync();

    private async ValueTask PrepareAsync(State state, DeliveryRecipient recipient, ScriptSequence sequence, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var input = InputOf(recipient);
        state.Input = input;
        var plan = state.Plan = await _scripts.Planner.PlanAsync(sequence, input, cancellationToken);
        _scripts.Instruments.Ran(plan, Stopwatch.GetElapsedTime(started));
        if (plan.Stores.Any(store => store.Owner != input.Account.Id))
            await LeaveOutFullAsync(state, plan, cancellationToken);
        var mail = new OutgoingMail(_scripts, _arrival, input, plan, _keys);
        if (plan.Sends.Count > 0 || plan.Reject is not null)
        {
            await CheckRoomAsync(plan, cancellationToken);
            await mail.SendAsync(cancellationToken);
            if (plan.Reject is { } reject)
                state.Refusal = await RefuseAsync(reject, mail, cancellationToken);
        }

        state.Mail = mail;
        state.Recipient = recipient with { Targets = await TargetsAsync(input, plan, mail, cancellationToken) };
    }

    private ScriptInput InputOf(DeliveryRecipient recipient)
    {
        var trace = DeliveryRequest.TraceFields(_arrival.ReversePath, recipient, _arrival.Received.Span);
        var message = _message = _message?.For(trace) ?? new ArrivedMessage(_arrival.Message, trace);
        var parameters = _arrival.Parameters;
        var envelope = new SieveEnvelope
        {
            From = _arrival.ReversePath,
            To = recipient.ForwardPath.Contains('@', StringComparison.Ordinal) ? recipient.ForwardPath : recipient.DeliveredTo,
            Auth = parameters?.Auth,
            Notify = recipient.Parameters?.Notify,
            OriginalRecipient = recipient.Parameters?.OriginalRecipient,
            Ret = parameters?.Return,
            EnvelopeId = parameters?.EnvelopeId,
            ByTime = parameters?.DeliverBy?.Time,
            ByMode = parameters?.DeliverBy?.Mode,
            ByTrace = parameters?.DeliverBy?.IsTraced ?? false,
        };
        return new ScriptInput(_scripts.Planner.Ports.Accounts.Get(recipient.Account), recipient, message, envelope, _arrival.Environment) { Time = _scripts.Time.GetUtcNow() };
    }

    // No room in another's mailbox is as no mailbox: the recipient, who has room, gets the message all the same (RFC 5228 section 2.10.6)
    private async ValueTask LeaveOutFullAsync(State state, DeliveryPlan plan, CancellationToken cancellationToken)
    {
        var own = state.Recipient.Account;
        foreach (var stores in plan.Stores.Where(store => store.Owner != own).GroupBy(static store => store.Owner).ToList())
        {
            var count = stores.Count();
            if (await _scripts.Quotas.CheckAsync(stores.Key, _arrival.Message.Size * count, count, cancellationToken) is not { } error)
                continue;
            if (error.Code != MailErrorCode.OverQuota)
                throw new ScriptsUnavailableException(error);
            foreach (var store in stores)
                await InboxInsteadAsync(state, plan, store, cancellationToken);
        }
    }

    private async ValueTask InboxInsteadAsync(State state, DeliveryPlan plan, PlannedStore store, CancellationToken cancellationToken)
    {
        var mailboxes = new DeliveryMailboxes(_scripts.Planner.Ports, state.Input!.Account);
        var inbox = await mailboxes.FindAsync(MailboxName.Inbox, cancellationToken) ?? throw new ScriptsUnavailableException(MailError.NoSuchMailbox());
        plan.Replace(store, new PlannedStore(inbox.Name, inbox.Id, inbox.Account.Id, FlagSet.Empty) { Message = store.Message });
        plan.Fail(new DeliveryNote("", 0, $"fileinto: the owner of \"{store.Name}\" has no room for the message"));
    }

    // A message for which there is no room goes back to its sender, or comes again: nothing is to be sent because of it
    private async ValueTask CheckRoomAsync(DeliveryPlan plan, CancellationToken cancellationToken)
    {
        foreach (var stores in plan.Stores.GroupBy(static store => store.Owner))
        {
            var count = stores.Count();
            if (await _scripts.Quotas.CheckAsync(stores.Key, _arrival.Message.Size * count, count, cancellationToken) is { } error)
                throw new ScriptsUnavailableException(error);
        }
    }

    /// <summary>What the client is told; null when the sender is told by a message.</summary>
    private async ValueTask<string?> RefuseAsync(RejectAction reject, OutgoingMail mail, CancellationToken cancellationToken)
    {
        _scripts.Instruments.Sent("reject");
        if (_arrival.SmtpUtf8 || Ascii.IsValid(reject.Reason))
            return reject.Reason;
        if (reject.IsEreject || _arrival.ReversePath.Length == 0)
            return NoReason;
        return await mail.RefuseAsync(reject, cancellationToken) ? null : NoReason;
    }

    private async ValueTask<List<DeliveryTarget>> TargetsAsync(ScriptInput input, DeliveryPlan plan, OutgoingMail mail, CancellationToken cancellationToken)
    {
        var mailboxes = new DeliveryMailboxes(_scripts.Planner.Ports, input.Account);
        foreach (var message in mail.Kept)
        {
            var inbox = await mailboxes.FindAsync(MailboxName.Inbox, cancellationToken) ?? throw new ScriptsUnavailableException(MailError.NoSuchMailbox());
            plan.Store(new PlannedStore(inbox.Name, inbox.Id, inbox.Account.Id, FlagSet.Empty) { Message = message }, hasFlags: false);
        }

        var targets = new List<DeliveryTarget>(plan.Stores.Count + mail.Copies.Count);
        var changed = new Dictionary<SieveNewMessage, IngestedMessage>(ReferenceEqualityComparer.Instance);
        foreach (var store in plan.Stores)
        {
            IngestedMessage? content = null;
            if (store.Message is { } made && !changed.TryGetValue(made, out content))
                content = changed[made] = await TakeAsync(input, made, cancellationToken);
            targets.Add(new DeliveryTarget(store.Mailbox, store.Flags) { Content = content });
        }

        foreach (var (action, place, message) in mail.Copies)
        {
            var (store, problem) = await ScriptPlanner.PlaceAsync(mailboxes, place, DeliveryFlags.Of(place.Flags), isTrial: false, cancellationToken);
            if (store is null)
                plan.Fail(action, $":fcc: {problem}");
            else
                targets.Add(new DeliveryTarget(store.Mailbox, store.Flags) { Content = await _made.TakeAsync(message, cancellationToken), IsAnotherMessage = true });
        }

        return targets;
    }

    // The bytes that a script has made are staged once, whichever mailboxes get them
    private ValueTask<IngestedMessage> TakeAsync(ScriptInput input, SieveNewMessage changed, CancellationToken cancellationToken) =>
        _made.TakeAsync(DeliveryScripts.Whole(_arrival, input, changed), changed.Body, input.Message, cancellationToken);

    // Another's mailbox has filled up since it was asked; if it is the recipient's own that is full, it is so again
    private async Task<DeliveryOutcome> DeliverToOwnAsync(
        IDelivery delivery, DeliveryRequest request, State state, DeliveryPlan plan, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var store in plan.Stores.Where(store => store.Owner != state.Recipient.Account).ToList())
                await InboxInsteadAsync(state, plan, store, cancellationToken);
            state.Recipient = state.Recipient with { Targets = await TargetsAsync(state.Input!, plan, state.Mail!, cancellationToken) };
            return (await delivery.DeliverAsync(request with { Recipients = [state.Recipient] }, cancellationToken))[0];
        }
        catch (ScriptsUnavailableException e)
        {
            return new DeliveryOutcome(e.Error);
        }
    }

    // A mailbox was deleted since the script named it
    private static async Task<DeliveryOutcome> DeliverToInboxAsync(
        IDelivery delivery, DeliveryRequest request, State state, DeliveryPlan plan, MailError gone, CancellationToken cancellationToken)
    {
        plan.Fail(new DeliveryNote("", 0, $"A mailbox is not there any more: {gone.Text}"));
        var outcomes = await delivery.DeliverAsync(request with { Recipients = [state.Recipient with { Targets = null }] }, cancellationToken);
        return outcomes[0];
    }

    private sealed class State
    {
        public required DeliveryRecipient Recipient { get; set; }

        public ScriptInput? Input { get; set; }

        public DeliveryPlan? Plan { get; set; }

        public OutgoingMail? Mail { get; set; }

        public MailError? Error { get; set; }

        public string? Refusal { get; set; }
    }
}
