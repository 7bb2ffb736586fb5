using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Gateway.Imap;
using Sora.Sieve;

namespace Sora.Gateway.Sieve.Mailboxes;

/// <summary>Messages to which the same has happened.</summary>
/// <param name="Uids">The messages.</param>
/// <param name="ChangedFlags">Flags that were set or taken away (RFC 6785 section 4.5); none for other events.</param>
internal sealed record EventGroup(UidSet Uids, ImmutableArray<string> ChangedFlags);

/// <summary>What a command has done to messages of one mailbox. It is durable already.</summary>
/// <param name="Cause">What it was.</param>
/// <param name="Target">The mailbox.</param>
/// <param name="User">Who did it.</param>
/// <param name="Groups">To which messages.</param>
internal sealed record MessageEvents(SieveImapCause Cause, MailboxTarget Target, AccountIdentity User, IReadOnlyList<EventGroup> Groups)
{
    /// <summary>The messages whose flags a change of flags has changed, by what changed about them.</summary>
    /// <param name="before">The mailbox before the change.</param>
    /// <param name="after">The mailbox with the change.</param>
    /// <param name="uids">The messages that it was for.</param>
    /// <param name="mask">The flags that it was about, as <paramref name="after"/> numbers them.</param>
    public static List<EventGroup> ChangesBetween(MailboxIndex before, MailboxIndex after, UidSet uids, ulong mask)
    {
        var builders = new Dictionary<ulong, UidSet.Builder>();
        foreach (var uid in after.Existing(uids))
        {
            if (before.PositionOf(uid) is not (>= 0 and var then))
                continue;
            var changed = (before[then].Flags ^ after[after.PositionOf(uid)].Flags) & mask;
            if (changed == 0)
                continue;
            if (!builders.TryGetValue(changed, out var builder))
                builders[changed] = builder = new UidSet.Builder();
            builder.Add(uid);
        }

        var groups = new List<EventGroup>(builders.Count);
        foreach (var (changed, builder) in builders)
        {
            // A keyword that nothing has any more may have lost its slot with the change
            var names = FlagNames.Of(changed, after.Keywords);
            groups.Add(new EventGroup(builder.ToSet(), names.IsEmpty ? FlagNames.Of(changed, before.Keywords) : names));
        }

        return groups;
    }
}
