using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Mime;
using Sora.Sieve;

namespace Sora.Gateway.Sieve;

/// <summary>
/// Runs the scripts of recipients when a message is delivered. For recipients whose scripts have nothing to do with a message it costs a few look-ups in memory.
/// </summary>
public sealed class DeliveryScripts
{
    private readonly ISieveGlobals _globals;

    /// <param name="planner">Runs the scripts.</param>
    /// <param name="globals">The site's scripts.</param>
    /// <param name="scriptLog">Where owners are told of errors.</param>
    /// <param name="relay">Takes what scripts send.</param>
    /// <param name="intakes">Takes messages that scripts have changed or made.</param>
    /// <param name="quotas">Asked before something is sent because of a message.</param>
    /// <param name="remembers">delivery.suppress_duplicates: a message that is delivered again sends nothing again.</param>
    /// <param name="hostName">Name of this host.</param>
    /// <param name="metrics">The gateway's meter.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where it logs.</param>
    public DeliveryScripts(
        ScriptPlanner planner,
        ISieveGlobals globals,
        ISieveLog scriptLog,
        IRelay relay,
        IIntakes intakes,
        IQuotas quotas,
        bool remembers,
        string hostName,
        GatewayMetrics metrics,
        TimeProvider time,
        ILogger<DeliveryScripts> logger)
    {
        ArgumentNullException.ThrowIfNull(planner);
        Planner = planner;
        _globals = globals;
        ScriptLog = scriptLog;
        Relay = relay;
        Intakes = intakes;
        Quotas = quotas;
        Remembers = remembers;
        HostName = hostName;
        Instruments = new SieveInstruments(metrics);
        Time = time;
        Logger = logger;
    }

    internal ScriptPlanner Planner { get; }

    internal ISieveGlobals Globals => _globals;

    /// <summary>The scripts, compiled.</summary>
    public ScriptLibrary Library => Planner.Ports.Library;

    internal SieveDeliveryOptions Options => Planner.Ports.Options;

    internal ISieveLog ScriptLog { get; }

    internal IRelay Relay { get; }

    internal IIntakes Intakes { get; }

    internal IQuotas Quotas { get; }

    internal bool Remembers { get; }

    internal string HostName { get; }

    internal SieveInstruments Instruments { get; }

    internal TimeProvider Time { get; }

    internal ILogger Logger { get; }

    /// <summary>The scripts that a message has to go through; null for none. UNAVAILABLE. Completes at once where all of it is known.</summary>
    internal ValueTask<MailResult<ScriptSequence?>> FindAsync(DeliveryRecipient recipient, IngestedMessage message, CancellationToken cancellationToken)
    {
        var around = _globals.Around(recipient.PrimaryAddress.AsSpan(recipient.PrimaryAddress.LastIndexOf('@') + 1));
        if (!around.IsOk)
            return new(around.Error);
        var active = Planner.Ports.Library.FindActiveAsync(recipient.Account, cancellationToken);
        return active.IsCompletedSuccessfully ? new(SequenceOf(around.Value, active.Result, recipient, message)) : FindAsync(around.Value, active, recipient, message);
    }

    private async ValueTask<MailResult<ScriptSequence?>> FindAsync(
        SieveGlobalScripts around, ValueTask<MailResult<(string? Name, SieveCompilation? Script)>> active, DeliveryRecipient recipient, IngestedMessage message) =>
        SequenceOf(around, await active, recipient, message);

    private MailResult<ScriptSequence?> SequenceOf(
        SieveGlobalScripts around, MailResult<(string? Name, SieveCompilation? Script)> active, DeliveryRecipient recipient, IngestedMessage message)
    {
        if (!active.IsOk)
            return active.Error;
        var fallback = around.Default;
        if (active.Value.Name is not null || (fallback is not null && HasNothingToDo(fallback, recipient, message)))
            fallback = null;
        if (active.Value.Name is null && fallback is null && around.Before.IsEmpty && around.After.IsEmpty)
            return (ScriptSequence?)null;
        return Planner.Ports.Library.Sequence(around.Before, active.Value, fallback, around.After);
    }

    /// <summary>Runs the scripts of those recipients that have any to run; null when none has.</summary>
    internal async ValueTask<ScriptedDelivery?> PrepareAsync(
        Lmtp.LmtpSession session, Lmtp.LmtpTransaction transaction, IngestedMessage message, string id, byte[] received, List<DeliveryRecipient> recipients,
        CancellationToken cancellationToken)
    {
        ScriptedDelivery? delivery = null;
        for (var i = 0; i < recipients.Count; i++)
        {
            var found = await FindAsync(recipients[i], message, cancellationToken);
            if (found is { IsOk: true, Value: null })
                continue;
            delivery ??= new ScriptedDelivery(this, ArrivalOf(session, transaction, message, id, received), recipients);
            await delivery.PrepareAsync(i, found, cancellationToken);
        }

        return delivery;
    }

    /// <summary>The message has been taken care of: what scripts remember of it is noted, and the owner is told what went wrong.</summary>
    internal async ValueTask CompleteAsync(AccountId account, DeliveryPlan plan, string? messageId, string id)
    {
        if (!plan.Duplicates.IsEmpty && Planner.Ports.History is { } history)
        {
            var marked = await history.MarkAsync(
                account, [.. plan.Duplicates.Select(static seen => new SieveDuplicateMark(seen.Handle, seen.Id, seen.Lifetime))], CancellationToken.None);
            if (!marked.IsOk)
                Log.NotRemembered(Logger, account.Value, marked.Error.Text);
        }

        if (plan.Notes.Count == 0)
            return;
        var now = Time.GetUtcNow();
        var entries = new List<SieveLogEntry>(plan.Notes.Count);
        foreach (var note in plan.Notes)
        {
            entries.Add(new SieveLogEntry(now, note.Script, note.Line, messageId ?? "", note.Text));
            if (plan.HasFailed)
                Log.ScriptFailed(Logger, id, account.Value, note.Script, note.Line, note.Text);
        }

        var logged = await ScriptLog.AddAsync(account, entries, CancellationToken.None);
        if (!logged.IsOk)
            Log.NotRemembered(Logger, account.Value, logged.Error.Text);
    }

    /// <summary>The header that a script has made, with this host's trace fields where they are not in it: enclose makes a new one.</summary>
    internal static byte[] Whole(Arrival arrival, ScriptInput input, SieveNewMessage changed)
    {
        // No script can take a Received field away (RFC 5293 section 5)
        var header = changed.Header.Span;
        return header.IndexOf(arrival.Received.Span) >= 0
            ? header.ToArray()
            : [.. DeliveryRequest.TraceFields(arrival.ReversePath, input.Recipient, arrival.Received.Span), .. header];
    }

    private static bool HasNothingToDo(SieveGlobalScript script, DeliveryRecipient recipient, IngestedMessage message)
    {
        if (script.OnlyWithField is not { } name || !string.IsNullOrEmpty(recipient.Detail) || message.HeaderTruncated)
            return false;
        foreach (var field in HeaderFields.Enumerate(message.Header.Span))
        {
            if (field.Name.Length == name.Length && System.Text.Ascii.EqualsIgnoreCase(field.Name, name))
                return false;
        }

        return true;
    }

    private Arrival ArrivalOf(Lmtp.LmtpSession session, Lmtp.LmtpTransaction transaction, IngestedMessage message, string id, byte[] received) => new(
        message, transaction.ReversePath, transaction.Parameters, received, id, transaction.SmtpUtf8,
        new ScriptEnvironment(HostName, session.ClientName, session.Connection.Remote.Address));
}
