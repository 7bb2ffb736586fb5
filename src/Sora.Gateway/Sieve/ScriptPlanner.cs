using Sora.Contracts;
using Sora.Sieve;

namespace Sora.Gateway.Sieve;

/// <summary>A message and the recipient whose scripts look at it.</summary>
/// <param name="Account">The recipient's account.</param>
/// <param name="Recipient">As RCPT accepted it.</param>
/// <param name="Message">The message as scripts see it.</param>
/// <param name="Envelope">The envelope.</param>
/// <param name="Environment">Where the scripts run.</param>
public sealed record ScriptInput(IAccount Account, DeliveryRecipient Recipient, SieveMessage Message, SieveEnvelope Envelope, ScriptEnvironment Environment)
{
    /// <summary>The time that scripts see.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The message is in a mailbox already: what has happened to it there; null for a delivery.</summary>
    public SieveImapEvent? Event { get; init; }

    /// <summary>Nothing is to be changed: no mailbox is created.</summary>
    public bool IsTrial { get; init; }

    /// <summary>Write down each step.</summary>
    public bool IsTraced { get; init; }
}

/// <summary>
/// Runs scripts and finds out what their actions mean for this recipient: which mailboxes, with which rights. It sends and stores nothing. Deliveries and
/// <c>sora-admin sieve test</c> come here.
/// </summary>
public sealed class ScriptPlanner(ScriptPorts ports)
{
    /// <summary>How the note of a script that does not compile begins.</summary>
    public const string DoesNotCompile = "The script does not compile: ";

    internal ScriptPorts Ports => ports;

    /// <summary>Plans a delivery.</summary>
    /// <exception cref="ScriptsUnavailableException">A question cannot be answered now.</exception>
    public async ValueTask<DeliveryPlan> PlanAsync(ScriptSequence sequence, ScriptInput input, CancellationToken cancellationToken)
    {
        var mailboxes = new DeliveryMailboxes(ports, input.Account);
        var addresses = await AddressesAsync(sequence, input, cancellationToken);
        var host = new DeliveryHost(ports, input.Account, input.Recipient, mailboxes, addresses, input.Environment);
        var result = await SieveInterpreter.RunAsync(
            new SieveInput
            {
                Scripts = sequence.Scripts,
                Message = input.Message,
                Envelope = input.Envelope,
                ImapEvent = input.Event,
                Host = host,
                Limits = ports.Limits,
                Time = input.Time,
                IsTraced = input.IsTraced,
            },
            cancellationToken);
        var planning = new Planning(input, mailboxes, ports.Options, new DeliveryPlan(sequence, result));
        return await planning.RunAsync(sequence, cancellationToken);
    }

    // The addresses are asked for by vacation and enclose alone, so most scripts need not wait for them
    private static async ValueTask<IReadOnlyList<string>> AddressesAsync(ScriptSequence sequence, ScriptInput input, CancellationToken cancellationToken)
    {
        foreach (var item in sequence.Scripts)
        {
            var required = item.Script.Required;
            if (required.Contains("vacation") || required.Contains("vacation-seconds") || required.Contains("enotify") || required.Contains("include"))
                return [.. await input.Account.AddressesAsync(cancellationToken)];
        }

        return [input.Recipient.PrimaryAddress];
    }

    /// <summary>One plan in the making.</summary>
    private sealed class Planning(ScriptInput input, DeliveryMailboxes mailboxes, SieveDeliveryOptions options, DeliveryPlan plan)
    {
        public async ValueTask<DeliveryPlan> RunAsync(ScriptSequence sequence, CancellationToken cancellationToken)
        {
            var result = plan.Result;
            foreach (var line in result.DebugLog)
                plan.Note(new DeliveryNote("", 0, $"debug_log: {line}"));
            foreach (var action in result.Actions)
                await AddAsync(action, cancellationToken);
            if (result.Error is { } error)
                plan.Fail(new DeliveryNote(error.ScriptName, error.Line, error.Message));

            // A script that does not compile is one that fails in its first line: it runs if those before it have left the message to be kept
            else if (sequence.Broken is { } broken && (result.ImplicitKeep || result.Actions.Any(static action => action is KeepAction)))
                await FailAsync(broken, cancellationToken);
            if (result.ImplicitKeep)
                await KeepAsync(result.KeepFlags, result.KeepMessage, cancellationToken);
            return plan;
        }

        private async ValueTask FailAsync(BrokenScript broken, CancellationToken cancellationToken)
        {
            plan.Fail(new DeliveryNote(broken.Name, broken.Line, DoesNotCompile + broken.Message));
            await KeepAsync(null, null, cancellationToken);
        }

        private async ValueTask AddAsync(SieveAction action, CancellationToken cancellationToken)
        {
            switch (action)
            {
                case KeepAction keep:
                    await KeepAsync(keep.Flags, keep.Message, cancellationToken);
                    break;
                case FileIntoAction file:
                    await FileAsync(file, cancellationToken);
                    break;
                case RedirectAction { List: not null } redirect:
                    await RedirectToListAsync(redirect, cancellationToken);
                    break;
                case RedirectAction redirect:
                    await RedirectAsync(redirect, cancellationToken);
                    break;
                case RejectAction reject:
                    plan.Reject = reject;
                    break;
                case VacationAction or NotifyAction or ReportAction:
                    plan.Send(action);
                    break;
            }
        }

        // A redirect to oneself is a keep: it would come back, and be taken for a loop then. What is in a mailbox already may come as new mail besides
        private async ValueTask RedirectAsync(RedirectAction redirect, CancellationToken cancellationToken)
        {
            if (input.Event is null && await IsOwnAsync(redirect.Address, cancellationToken))
                await KeepAsync(null, redirect.Message, cancellationToken);
            else
                SendOn(redirect);
        }

        private void SendOn(RedirectAction redirect) =>
            plan.Send(redirect.Message is null && input.Event is not null && !input.Message.HeaderTruncated
                ? redirect with { Message = new SieveNewMessage(input.Message.Header, null) } // Its trace fields are in it already
                : redirect);

        // RFC 6134 section 2.3: one message to all members, whoever of them is named twice
        private async ValueTask RedirectToListAsync(RedirectAction redirect, CancellationToken cancellationToken)
        {
            var known = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            foreach (var action in plan.Result.Actions)
            {
                if (action is RedirectAction { List: null } single)
                    known.Add(single.Address);
            }

            foreach (var action in plan.Sends)
            {
                if (action is RedirectAction { List: not null } list)
                    known.UnionWith(list.Members);
            }

            var members = new List<string>();
            var (isKept, others) = (false, 0);
            foreach (var member in redirect.Members)
            {
                if (!SieveAddress.TryParse(member, out var address))
                    others++;
                else if (input.Event is null && await IsOwnAsync(address, cancellationToken))
                    isKept = true;
                else if (known.Add(address))
                    members.Add(address);
            }

            if (others > 0)
                plan.Note(redirect, $"redirect: the list {redirect.List} has {others} members that are no addresses");
            if (members.Count > options.MaxListRecipients)
            {
                await InsteadAsync(redirect, $"redirect: the list {redirect.List} has {members.Count} addresses, more than {options.MaxListRecipients}", cancellationToken);
                return;
            }

            if (isKept)
                await KeepAsync(null, redirect.Message, cancellationToken);
            if (members.Count > 0)
                SendOn(redirect with { Members = members });
            else if (!isKept && redirect.Members.Count == others)
                await InsteadAsync(redirect, $"redirect: the list {redirect.List} has no addresses", cancellationToken);
        }

        private async ValueTask<bool> IsOwnAsync(string address, CancellationToken cancellationToken) =>
            address.Equals(input.Recipient.ForwardPath, StringComparison.OrdinalIgnoreCase)
            || address.Equals(input.Recipient.PrimaryAddress, StringComparison.OrdinalIgnoreCase)
            || address.Equals(input.Recipient.DeliveredTo, StringComparison.OrdinalIgnoreCase)
            || (await input.Account.AddressesAsync(cancellationToken)).Contains(address, StringComparer.OrdinalIgnoreCase);

        private async ValueTask KeepAsync(System.Collections.Immutable.ImmutableArray<string>? flags, SieveNewMessage? message, CancellationToken cancellationToken)
        {
            if (input.Event is not null)
            {
                plan.KeepInPlace(message);
                return;
            }

            var inbox = await mailboxes.FindAsync(MailboxName.Inbox, cancellationToken) ?? throw new ScriptsUnavailableException(MailError.NoSuchMailbox());
            plan.Store(new PlannedStore(inbox.Name, inbox.Id, inbox.Account.Id, DeliveryFlags.Of(flags)) { Message = message }, flags is not null);
        }

        private async ValueTask FileAsync(FileIntoAction file, CancellationToken cancellationToken)
        {
            var flags = DeliveryFlags.Of(file.Flags);
            var place = new SieveFcc(file.Mailbox) { Create = file.Create, SpecialUse = file.SpecialUse, MailboxId = file.MailboxId };
            var (store, problem) = await PlaceAsync(mailboxes, place, flags, input.IsTrial, cancellationToken);
            if (store is null)
                await InsteadAsync(file, $"fileinto: {problem}", cancellationToken);
            else
                plan.Store(store with { Message = file.Message }, file.Flags is not null);
        }

        // RFC 5228 section 2.10.6: what cannot be done must not lose the message
        private async ValueTask InsteadAsync(SieveAction action, string problem, CancellationToken cancellationToken)
        {
            plan.Fail(action, problem);
            await KeepAsync(null, action.Message, cancellationToken);
        }
    }

    /// <summary>The mailbox that fileinto or :fcc names, created if that was asked for; or why there is none.</summary>
    internal static async ValueTask<(PlannedStore? Store, string? Problem)> PlaceAsync(
        DeliveryMailboxes mailboxes, SieveFcc place, FlagSet flags, bool isTrial, CancellationToken cancellationToken)
    {
        var parsed = mailboxes.NameOf(place.Mailbox);
        var target = place.MailboxId is { } id ? await mailboxes.FindByIdAsync(id, cancellationToken) : null;
        if (target is null && place.SpecialUse is { } use)
            target = await mailboxes.FindByUseAsync(use, cancellationToken);
        if (target is null && parsed.IsOk)
            target = await mailboxes.FindToStoreAsync(place.Mailbox, cancellationToken);
        if (target is not null)
            return (new PlannedStore(target.Name, target.Id, target.Account.Id, target.IsOwn ? flags : flags.CoveredBy(target.Rights)), null);
        if (!parsed.IsOk)
            return (null, $"\"{place.Mailbox}\" cannot be a mailbox: {parsed.Error.Text}");
        if (!place.Create)
            return (null, $"There is no mailbox \"{place.Mailbox}\" that messages can be put into");
        if (isTrial)
            return (new PlannedStore(parsed.Value, default, default, flags) { IsCreated = true }, null);
        var created = await mailboxes.CreateAsync(parsed.Value, place.SpecialUse, cancellationToken);
        if (!created.IsOk)
            return created.Error.Code == MailErrorCode.Unavailable
                ? throw new ScriptsUnavailableException(created.Error)
                : (null, $"The mailbox \"{place.Mailbox}\" cannot be created: {created.Error.Text}");
        var made = created.Value;
        return (new PlannedStore(made.Name, made.Id, made.Account.Id, made.IsOwn ? flags : flags.CoveredBy(made.Rights)) { IsCreated = true }, null);
    }
}
