using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Gateway.Imap;
using Sora.Gateway.Imap.Listing;
using Sora.Sieve;

namespace Sora.Gateway.Sieve.Mailboxes;

/// <summary>The scripts that an event starts. At least one of both is there.</summary>
/// <param name="Target">Those for the messages to which it happened.</param>
/// <param name="Source">Those for the messages that have been copied, where they still are.</param>
internal sealed record EventSequences(ScriptSequence? Target, ScriptSequence? Source);

/// <summary>Finds the scripts that an event starts: those of the site around the one that the mailbox has been given.</summary>
internal sealed class EventScripts(ScriptLibrary library, ISieveGlobals globals, EventBindings? bindings)
{
    private volatile Patterns? _patterns;

    private sealed record Patterns(ImmutableArray<SieveEventScripts> Rules, ImmutableArray<(MailboxPattern Mailbox, MailboxPattern? From)> Compiled);

    /// <summary>The scripts for an event; null for none. UNAVAILABLE.</summary>
    /// <param name="cause">What happened.</param>
    /// <param name="target">The mailbox; the scripts are those of its owner.</param>
    /// <param name="from">Where the messages come from, by its owner's name; null when they were not copied.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<MailResult<EventSequences?>> FindAsync(SieveImapCause cause, MailboxTarget target, string? from, CancellationToken cancellationToken)
    {
        var rules = globals.Events();
        if (!rules.IsOk)
            return rules.Error;
        SieveScriptName? name = null;
        if (bindings is not null)
        {
            var bound = await bindings.FindAsync(target.Account.Id, target.Id, cancellationToken);
            if (!bound.IsOk)
                return bound.Error;
            name = bound.Value;
        }

        if (name is null && rules.Value.IsEmpty)
            return (EventSequences?)null;
        (string? Name, SieveCompilation? Script) own = default;
        if (name is { } personal)
        {
            // "If [it] contains a script name that doesn't exist in the ManageSieve server, then no Sieve script will be invoked" (section 2.3.1)
            var script = await library.FindPersonalAsync(target.Account.Id, personal.Value, cancellationToken);
            if (script.IsOk)
                own = (personal.Value, script.Value);
            else if (script.Error.Code != MailErrorCode.NonExistent)
                return script.Error;
        }

        var (before, after, source) = Around(rules.Value, cause, target.Entry.Name.Value, from);
        var sequence = own.Script is null && before.IsEmpty && after.IsEmpty ? null : library.Sequence(before, own, null, after);
        return sequence is null && source.IsEmpty
            ? (EventSequences?)null
            : new EventSequences(sequence, source.IsEmpty ? null : library.Sequence(source, default, null, []));
    }

    private (ImmutableArray<SieveGlobalScript> Before, ImmutableArray<SieveGlobalScript> After, ImmutableArray<SieveGlobalScript> Source) Around(
        ImmutableArray<SieveEventScripts> rules, SieveImapCause cause, string mailbox, string? from)
    {
        if (rules.IsEmpty)
            return ([], [], []);
        var flag = cause switch
        {
            SieveImapCause.Append => SieveEventCauses.Append,
            SieveImapCause.Copy => SieveEventCauses.Copy,
            _ => SieveEventCauses.Flag,
        };
        var patterns = PatternsOf(rules);
        var before = ImmutableArray.CreateBuilder<SieveGlobalScript>();
        var after = ImmutableArray.CreateBuilder<SieveGlobalScript>();
        var source = ImmutableArray.CreateBuilder<SieveGlobalScript>();
        for (var i = 0; i < rules.Length; i++)
        {
            var (inMailbox, outOf) = patterns.Compiled[i];
            if ((rules[i].Causes & flag) == SieveEventCauses.None || !inMailbox.Matches(mailbox) || (outOf is not null && (from is null || !outOf.Matches(from))))
                continue;
            before.AddRange(rules[i].Before);
            after.AddRange(rules[i].After);
            if (cause == SieveImapCause.Copy)
                source.AddRange(rules[i].CopySourceAfter);
        }

        return (before.ToImmutable(), after.ToImmutable(), source.ToImmutable());
    }

    private Patterns PatternsOf(ImmutableArray<SieveEventScripts> rules)
    {
        if (_patterns is { } known && known.Rules.AsSpan().SequenceEqual(rules.AsSpan(), ReferenceEqualityComparer.Instance))
            return known;
        return _patterns = new Patterns(
            rules, [.. rules.Select(static rule => (new MailboxPattern("", rule.Mailbox), rule.From is null ? null : new MailboxPattern("", rule.From)))]);
    }
}
