using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Gateway.Imap;
using Sora.Sieve;

namespace Sora.Gateway.Sieve.Mailboxes;

/// <summary>Messages to which the same has happened.</summary>
/// <param name="Uids">The messages.</param>
/// <param name="ChangedFlags">Flags that were set or taken away (RFC 6785 section 4.5); none for other events.</param>
internal sealed record EventGroup(UidSet Uids, ImmutableArray<string> ChangedFlags)
{
    /// <summary>What a change of flags was answered with: not what a session thought that it would change.</summary>
    public static List<EventGroup> Of(IReadOnlyList<ChangedFlags> changes)
    {
        var groups = new List<EventGroup>(changes.Count);
        foreach (var change in changes)
            groups.Add(new EventGroup(change.Uids, FlagNames.Of(change.Flags)));
        return groups;
    }
}

/// <summary>Where copied messages come from.</summary>
/// <param name="Mailbox">The mailbox.</param>
/// <param name="Uids">The messages there: the n-th one became the n-th of <paramref name="Copies"/>.</param>
/// <param name="Copies">The messages in the mailbox that they were copied to.</param>
internal sealed record CopySource(MailboxTarget Mailbox, UidSet Uids, UidSet Copies)
{
    /// <summary>The messages of which these are the copies.</summary>
    public UidSet Of(UidSet copies)
    {
        var builder = new UidSet.Builder();
        using var originals = Uids.GetEnumerator();
        foreach (var copy in Copies)
        {
            if (originals.MoveNext() && copies.Contains(copy))
                builder.Add(originals.Current);
        }

        return builder.ToSet();
    }
}

/// <summary>What a command has done to messages of one mailbox. It is durable already.</summary>
/// <param name="Cause">What it was.</param>
/// <param name="Target">The mailbox whose messages the scripts look at.</param>
/// <param name="User">Who did it.</param>
/// <param name="Groups">To which messages.</param>
internal sealed record MessageEvents(SieveImapCause Cause, MailboxTarget Target, AccountIdentity User, IReadOnlyList<EventGroup> Groups)
{
    /// <summary>The mailbox that the messages were copied or moved from, by the name that it has for the owner of the scripts; null when they were not.</summary>
    public string? From { get; init; }

    /// <summary>The mailbox that they were copied to, where that is another one than <see cref="Target"/>.</summary>
    public string? To { get; init; }

    /// <summary>The originals of copied messages; null when there are none, as after MOVE.</summary>
    public CopySource? Source { get; init; }
}
