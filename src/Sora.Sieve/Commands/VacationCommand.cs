using System.Collections.Immutable;
using System.Text;
using Sora.Sieve.Actions;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Commands;

/// <summary>vacation (RFC 5230): decides whether the message may be answered at all.</summary>
internal sealed class VacationCommand(SourcePosition position, SieveString reason) : CommandNode(position)
{
    private static readonly HeaderName[] ListFields =
        Names("List-Id", "List-Help", "List-Subscribe", "List-Unsubscribe", "List-Post", "List-Owner", "List-Archive");

    private static readonly HeaderName[] RecipientFields = Names("To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc");
    private static readonly HeaderName AutoSubmitted = HeaderName.From("Auto-Submitted");
    private static readonly HeaderName Precedence = HeaderName.From("Precedence");
    private static readonly HeaderName Suppress = HeaderName.From("X-Auto-Response-Suppress");
    private static readonly HeaderName SubjectField = HeaderName.From("Subject");

    public TimeSpan? Interval { get; init; }

    public SieveString? Subject { get; init; }

    public SieveString? From { get; init; }

    public SieveStrings Addresses { get; init; } = SieveStrings.None;

    public bool IsMime { get; init; }

    public SieveString? Handle { get; init; }

    /// <summary>What tells this answer from others where the script gives no handle.</summary>
    public required string OwnHandle { get; init; }

    public ImmutableArray<ActionModifier> Modifiers { get; init; } = [];

    public override async ValueTask<Flow> ExecuteAsync(SieveRun run)
    {
        if (ImapEventRun.Skips(run, "vacation"))
            return Flow.Next;
        run.Actions.BeginVacation(Position.Line);
        var addresses = Addresses.Get(run);
        var arguments = await ActionArguments.ReadAsync(Modifiers, run);
        var own = FindOwnAddress(run, addresses);
        if (WhyNot(run, own, addresses) is { } why)
        {
            run.Trace(Position, $"vacation: no answer: {why}");
            return Flow.Next;
        }

        var from = From?.Get(run);
        var subject = Subject?.Get(run);
        var handle = Handle?.Get(run);
        run.Actions.Send(new VacationAction(reason.Get(run), run.Input.Envelope!.From)
        {
            Line = Position.Line,
            Message = run.NewMessage,
            Interval = Interval,
            Subject = subject,
            ReplySubject = subject ?? DefaultSubject(run),
            From = from is not null && SieveAddress.IsMailboxList(from) ? from : null,
            OwnAddress = own!,
            Addresses = [.. addresses],
            IsMime = IsMime,
            Handle = handle is null ? $"arguments:{OwnHandle}" : $"handle:{handle}",
            Fcc = arguments.Fcc,
        });
        run.CheckActions();
        run.Trace(Position, "vacation");
        return Flow.Next;
    }

    private static HeaderName[] Names(params string[] names) => Array.ConvertAll(names, HeaderName.From);

    // Why the message is not answered, or null (RFC 5230 sections 4.5 and 4.6, RFC 3834 section 2)
    private static string? WhyNot(SieveRun run, string? own, string[] addresses)
    {
        if (run.Input.Envelope is not { From.Length: > 0 } envelope)
            return "it has no sender";
        if (IsSystemAddress(envelope.From))
            return "its sender is a program";
        if (IsOwn(run, envelope.From, addresses))
            return "its sender is the user";
        foreach (var field in ListFields)
            if (run.Headers.Contains(field))
                return "it is from a mailing list";
        foreach (var entry in run.Headers.Find(AutoSubmitted))
            if (!WithoutComments(entry.Value.Text).Split(';')[0].Trim().Equals("no", StringComparison.OrdinalIgnoreCase))
                return "it was sent by a program";
        foreach (var entry in run.Headers.Find(Precedence))
            if (entry.Value.Text.ToLowerInvariant() is "bulk" or "list" or "junk")
                return "it is bulk mail";
        foreach (var entry in run.Headers.Find(Suppress))
            foreach (var kind in entry.Value.Text.Split(',', StringSplitOptions.TrimEntries))
                if (kind.Equals("All", StringComparison.OrdinalIgnoreCase) || kind.Equals("OOF", StringComparison.OrdinalIgnoreCase))
                    return "its sender wants no answer";
        return own is null ? "it does not name the user as a recipient" : null;
    }

    // RFC 3834 section 5: comments may stand around the keyword
    private static string WithoutComments(string value)
    {
        if (!value.Contains('(', StringComparison.Ordinal))
            return value;
        var text = new StringBuilder(value.Length);
        var depth = 0;
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '(')
                depth++;
            else if (value[i] == ')' && depth > 0)
                depth--;
            else if (value[i] == '\\' && depth > 0)
                i++;
            else if (depth == 0)
                text.Append(value[i]);
        }

        return text.ToString();
    }

    private static bool IsSystemAddress(string address)
    {
        var local = SieveAddressValue.FromPath(address).LocalPart?.Text ?? address;
        return local.Equals("MAILER-DAEMON", StringComparison.OrdinalIgnoreCase) || local.Equals("LISTSERV", StringComparison.OrdinalIgnoreCase)
            || local.Equals("majordomo", StringComparison.OrdinalIgnoreCase) || local.EndsWith("-request", StringComparison.OrdinalIgnoreCase)
            || local.StartsWith("owner-", StringComparison.OrdinalIgnoreCase);
    }

    // The user's address that the message names
    private static string? FindOwnAddress(SieveRun run, string[] addresses)
    {
        foreach (var field in RecipientFields)
        {
            foreach (var entry in run.Headers.Find(field))
            {
                run.Spend(0, 1 + entry.Addresses.Length);
                foreach (var address in entry.Addresses)
                    if (IsOwn(run, address.All.Text, addresses))
                        return address.All.Text;
            }
        }

        return null;
    }

    private static bool IsOwn(SieveRun run, string address, string[] addresses) =>
        IsIn(run, address, addresses) || (WithoutDetail(run, address) is { } plain && IsIn(run, plain, addresses));

    private static bool IsIn(SieveRun run, string address, string[] addresses)
    {
        if (string.Equals(address, run.Input.Envelope?.To, StringComparison.OrdinalIgnoreCase))
            return true;
        foreach (var known in run.Host.Addresses)
            if (string.Equals(address, known, StringComparison.OrdinalIgnoreCase))
                return true;
        foreach (var known in addresses)
            if (SieveAddress.TryParse(known, out var spec) && string.Equals(address, spec, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }

    // Mail to user+anything is the user's
    private static string? WithoutDetail(SieveRun run, string address)
    {
        var at = address.LastIndexOf('@');
        var separator = address.AsSpan().IndexOfAny(run.Host.DetailSeparators);
        return separator > 0 && separator < at ? address[..separator] + address[at..] : null;
    }

    private static string DefaultSubject(SieveRun run)
    {
        foreach (var entry in run.Headers.Find(SubjectField))
            if (entry.Value.Text.Length > 0)
                return $"Auto: {entry.Value.Text}";
        return "Automated reply";
    }
}
