using System.Collections.Immutable;

namespace Sora.Sieve.Runtime;

/// <summary>What is different when a script runs for an event in IMAP instead of a delivery (RFC 6785).</summary>
internal static class ImapEventRun
{
    // "specifically designed to respond to delivery of a new email message" (section 3.11)
    private static readonly string[] Inapplicable = ["reject", "ereject", "vacation", "vacation-seconds"];

    /// <summary>Ends the run where the script requires what only deliveries have.</summary>
    public static void CheckRequired(SieveRun run, SieveScript script)
    {
        if (run.Input.ImapEvent is null)
            return;
        foreach (var capability in Inapplicable)
            if (script.InRequire.Contains(capability))
                throw Error(capability);
    }

    /// <summary>Ends the run at an action that only deliveries have.</summary>
    public static void CheckAction(SieveRun run, string name)
    {
        if (run.Input.ImapEvent is not null)
            throw Error(name);
    }

    /// <summary>An item of <c>environment</c>, its name in small letters (section 4); what is not of IMAP is the host's to say.</summary>
    public static string? Environment(SieveRun run, string item)
    {
        if (run.Input.ImapEvent is not { } happened)
        {
            // "This MUST be the empty string if it is accessed during normal (final delivery) Sieve processing"
            return run.Host.GetEnvironment(item)
                ?? (item is "imap.user" or "imap.email" or "imap.cause" or "imap.mailbox" or "imap.changedflags" ? "" : null);
        }

        return item switch
        {
            "location" => "MS",
            "phase" => "post",
            "imap.user" => happened.User,
            "imap.email" => happened.Email,
            "imap.cause" => happened.Cause.ToString().ToUpperInvariant(),
            "imap.mailbox" => happened.Mailbox,
            "imap.changedflags" => string.Join(' ', happened.ChangedFlags),
            _ => run.Host.GetEnvironment(item),
        };
    }

    /// <summary>What the flags of the message become; null when they stay.</summary>
    public static SieveFlagChange? FlagChange(SieveRun run, bool isKept)
    {
        if (run.Input.ImapEvent is not { } happened)
            return null;
        if (!isKept)
            return happened.Flags.Contains("\\Deleted", StringComparer.OrdinalIgnoreCase) ? null : new SieveFlagChange(["\\Deleted"], []);
        var keep = run.Actions.ImplicitKeep ? run.Flags : run.Actions.All.OfType<KeepAction>().FirstOrDefault()?.Flags;
        if (keep is not { } flags)
            return null;
        var old = FlagList.Parse(happened.Flags);
        var change = new SieveFlagChange(
            flags.RemoveRange(old, StringComparer.OrdinalIgnoreCase), old.RemoveRange(flags, StringComparer.OrdinalIgnoreCase));
        return change.Added.IsEmpty && change.Removed.IsEmpty ? null : change;
    }

    /// <summary>The flags that a script begins with: those of the message, once something has happened to it.</summary>
    public static ImmutableArray<string>? Flags(SieveInput input) => input.ImapEvent is { } happened ? FlagList.Parse(happened.Flags) : null;

    private static SieveRuntimeException Error(string name) =>
        new($"'{name}' answers a delivery, and cannot be used on a message that is in a mailbox already (RFC 6785 section 3.11)");
}
