using System.Collections.Immutable;
using Sora.Sieve.Extensions;

namespace Sora.Sieve.Runtime;

/// <summary>What is different when a script runs for an event in IMAP (RFC 6785), or by FILTER (draft-bosch-imap-filter-sieve), instead of a delivery.</summary>
internal static class ImapEventRun
{
    // "specifically designed to respond to delivery of a new email message" (section 3.11)
    private static readonly string[] Inapplicable = ["reject", "ereject", "vacation", "vacation-seconds"];

    /// <summary>Capabilities of scripts that run on events and not by FILTER.</summary>
    public static readonly string[] OnlyForEvents = ["imapsieve", DovecotImapSieveExtension.Name];

    /// <summary>Ends the run where the script requires what only deliveries have.</summary>
    public static void CheckRequired(SieveRun run, SieveScript script)
    {
        if (run.Input.ImapEvent is not { } happened)
            return;
        if (happened.IsFilter)
        {
            // "Using this extension in the require command MUST cause a compile error" (draft section 4.9); an included script is found no earlier than here
            foreach (var capability in OnlyForEvents)
                if (script.InRequire.Contains(capability))
                    throw new SieveRuntimeException($"'{capability}' is for events in IMAP, which FILTER is not");
            return;
        }

        foreach (var capability in Inapplicable)
            if (script.InRequire.Contains(capability))
                throw Error(capability);
    }

    /// <summary>Ends the run at an action that only deliveries have; true when it is passed over instead, as though it were not there (draft section 4.10).</summary>
    public static bool Skips(SieveRun run, string name)
    {
        if (run.Input.ImapEvent is { IsFilter: false })
            throw Error(name);
        return run.Input.ImapEvent is not null;
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
            "imap.user" or "imap.email" or "imap.cause" or "imap.mailbox" or "imap.changedflags" when happened.IsFilter => "",
            "imap.user" => happened.User,
            "imap.email" => happened.Email,
            "imap.cause" => happened.Cause.ToString().ToUpperInvariant(),
            "imap.mailbox" => happened.Mailbox,
            "imap.changedflags" => string.Join(' ', happened.ChangedFlags),
            "vnd.dovecot.mailbox-from" => happened.From,
            "vnd.dovecot.mailbox-to" when !happened.IsFilter => happened.To,
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
        return SieveFlagChange.Between(old, flags);
    }

    /// <summary>The flags that a script begins with: those of the message, once something has happened to it.</summary>
    public static ImmutableArray<string>? Flags(SieveInput input) => input.ImapEvent is { } happened ? FlagList.Parse(happened.Flags) : null;

    private static SieveRuntimeException Error(string name) =>
        new($"'{name}' answers a delivery, and cannot be used on a message that is in a mailbox already (RFC 6785 section 3.11)");
}
