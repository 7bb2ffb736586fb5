using System.Collections.Immutable;

namespace Sora.Contracts;

/// <summary>Special-use attributes of RFC 6154 and RFC 8457; one mailbox has at most one, and no two of an account have the same.</summary>
public enum SpecialUse : byte
{
    None,
    All,
    Archive,
    Drafts,
    Flagged,
    Junk,
    Sent,
    Trash,
    Important,
}

/// <summary>A mailbox as its account lists it.</summary>
/// <param name="WasInbox">It came into being when INBOX was renamed: its first messages were those of INBOX.</param>
[GenerateSerializer, Alias("sora.MailboxEntry"), Immutable]
public sealed record MailboxEntry(
    [property: Id(0)] MailboxId Id,
    [property: Id(1)] MailboxName Name,
    [property: Id(2)] UidValidity UidValidity,
    [property: Id(3)] SpecialUse SpecialUse,
    [property: Id(4)] bool WasInbox = false);

/// <summary>All mailboxes and subscriptions of an account at one moment, both in ordinal order of names with INBOX first.</summary>
/// <param name="Version">Grows with each change of the list.</param>
/// <param name="Subscriptions">Subscribed names; some may name no mailbox (RFC 9051 section 6.3.7).</param>
[GenerateSerializer, Alias("sora.MailboxList"), Immutable]
public sealed record MailboxList(
    [property: Id(0)] long Version,
    [property: Id(1)] ImmutableArray<MailboxEntry> Mailboxes,
    [property: Id(2)] ImmutableArray<MailboxName> Subscriptions)
{
    /// <summary>The mailbox of that name, or null.</summary>
    public MailboxEntry? Find(MailboxName name)
    {
        var at = FirstFrom(name);
        return at < Mailboxes.Length && Mailboxes[at].Name == name ? Mailboxes[at] : null;
    }

    public bool IsSubscribed(MailboxName name) => Subscriptions.BinarySearch(name, InOrder) >= 0;

    /// <summary>The nearest mailbox above a name that exists; null when there is none.</summary>
    public MailboxEntry? FindAbove(MailboxName name)
    {
        for (var parent = name.Parent; parent is { } above; parent = above.Parent)
        {
            if (Find(above) is { } found)
                return found;
        }

        return null;
    }

    public bool HasChildren(MailboxName name)
    {
        // Those below a name follow each other, and what is before its separator comes before them
        for (var at = FirstFrom(name); at < Mailboxes.Length; at++)
        {
            if (Mailboxes[at].Name.IsBelow(name))
                return true;
            if (!Mailboxes[at].Name.Value.StartsWith(name.Value, StringComparison.Ordinal))
                return false;
        }

        return false;
    }

    private static readonly Comparer<MailboxName> InOrder = Comparer<MailboxName>.Create(MailboxName.CompareInLists);

    private int FirstFrom(MailboxName name)
    {
        int low = 0, high = Mailboxes.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (MailboxName.CompareInLists(Mailboxes[middle].Name, name) < 0)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}

/// <summary>Counters of a mailbox, sizes in bytes (STATUS).</summary>
[GenerateSerializer, Alias("sora.MailboxTotals"), Immutable]
public readonly record struct MailboxTotals(
    [property: Id(0)] int Messages,
    [property: Id(1)] int Unseen,
    [property: Id(2)] int Deleted,
    [property: Id(3)] long Size,
    [property: Id(4)] long DeletedSize);

[GenerateSerializer, Alias("sora.MailboxStatus"), Immutable]
public sealed record MailboxStatus(
    [property: Id(0)] MailboxId Id,
    [property: Id(1)] UidValidity UidValidity,
    [property: Id(2)] Uid UidNext,
    [property: Id(3)] ModSeq HighestModSeq,
    [property: Id(4)] MailboxTotals Totals,
    [property: Id(5)] int Recent);

/// <summary>An account's mailboxes: names, hierarchy, special use, subscriptions. Changes are durable when the call returns.</summary>
public interface IAccount
{
    AccountId Id { get; }

    ValueTask<MailboxList> ListAsync(CancellationToken cancellationToken);

    /// <summary>Where others change the account too: from here on <see cref="ListAsync"/> knows of all that they had acknowledged before.</summary>
    ValueTask ConfirmAsync(CancellationToken cancellationToken) => default;

    /// <summary>The account's addresses, lower case, the primary one first; none when there is no such account.</summary>
    ValueTask<ImmutableArray<string>> AddressesAsync(CancellationToken cancellationToken);

    /// <summary>Creates a mailbox and the missing ones above it (RFC 9051 section 6.3.4). ALREADYEXISTS, CANNOT, LIMIT, OVERQUOTA, USEATTR.</summary>
    Task<MailResult<MailboxEntry>> CreateAsync(MailboxName name, SpecialUse use, CancellationToken cancellationToken);

    /// <summary>Deletes a mailbox. NONEXISTENT, HASCHILDREN when it has inferiors, CANNOT for INBOX.</summary>
    Task<MailResult<Done>> DeleteAsync(MailboxName name, CancellationToken cancellationToken);

    /// <summary>Renames a mailbox and those below it; INBOX instead moves its messages into a new mailbox (RFC 9051 section 6.3.6).</summary>
    Task<MailResult<Done>> RenameAsync(MailboxName from, MailboxName to, CancellationToken cancellationToken);

    Task<MailResult<Done>> SubscribeAsync(MailboxName name, bool subscribed, CancellationToken cancellationToken);

    /// <summary>Counters of mailboxes of this account, in the order asked; null for one that no longer exists.</summary>
    /// <param name="ids">Which mailboxes.</param>
    /// <param name="withRecent">Fill in <see cref="MailboxStatus.Recent"/>, which has to open each mailbox that has messages.</param>
    Task<IReadOnlyList<MailboxStatus?>> StatusAsync(IReadOnlyList<MailboxId> ids, bool withRecent, CancellationToken cancellationToken);
}

/// <summary>Hears that an account's mailboxes or subscriptions have changed. A nudge may come twice, late or for nothing: the list is read anew.</summary>
public interface IAccountSubscriber
{
    /// <summary>Called on any thread; must not block. Account 0 stands for everyone: what is shared with anyone has changed.</summary>
    void Changed(AccountId account);
}

/// <summary>Who an address belongs to.</summary>
/// <param name="PrimaryAddress">The account's primary address, lower case.</param>
/// <param name="Ticket">How it has logged in; null when the address was only looked up.</param>
public sealed record AccountIdentity(AccountId Account, string PrimaryAddress, LoginTicket? Ticket = null)
{
    /// <summary>The account has other addresses too; only said when the address was looked up.</summary>
    public bool HasOtherAddresses { get; init; }
}

/// <summary>Finds accounts by address.</summary>
public interface IAccounts
{
    IAccount Get(AccountId id);

    /// <summary>Nudges the subscriber for each change of the account's list until the result is disposed. Subscribe first, then list.</summary>
    IDisposable Subscribe(AccountId id, IAccountSubscriber subscriber);

    /// <summary>The account that an address (without detail, any case) belongs to, or null.</summary>
    ValueTask<AccountIdentity?> FindAsync(string address, CancellationToken cancellationToken);

    /// <summary>
    /// Checks a password. AUTHENTICATIONFAILED takes the same time for a wrong password and an unknown user. Who has the right password may hear EXPIRED when it is over,
    /// AUTHORIZATIONFAILED when it is not for this protocol, CONTACTADMIN when the account is disabled. UNAVAILABLE when it cannot be checked now.
    /// </summary>
    ValueTask<MailResult<AccountIdentity>> AuthenticateAsync(LoginRequest login, string password, CancellationToken cancellationToken);

    /// <summary>
    /// The keys that a name's proof is checked with. A name that does not exist, or has no keys of this hash function, gets made-up ones that look like others, so that the answer does
    /// not tell. UNAVAILABLE.
    /// </summary>
    ValueTask<MailResult<ScramChallenge>> FindScramAsync(LoginRequest login, ScramHashes hash, CancellationToken cancellationToken);

    /// <summary>
    /// Who has proven to have the password of one of those keys, as of now: what was changed or deleted during the exchange lets nobody in. Errors as for
    /// <see cref="AuthenticateAsync"/>.
    /// </summary>
    ValueTask<MailResult<AccountIdentity>> ConfirmScramAsync(LoginRequest login, ScramKeys proven, CancellationToken cancellationToken);

    /// <summary>
    /// Lets in whoever has proven the name otherwise than with a password, as with a certificate or a token. AUTHENTICATIONFAILED when there is no such account, CONTACTADMIN when it is
    /// disabled, UNAVAILABLE.
    /// </summary>
    ValueTask<MailResult<AccountIdentity>> AdmitAsync(LoginRequest login, CancellationToken cancellationToken);

    /// <summary>
    /// Nudges the subscriber whenever the session of who has logged in may have to end, until the result is disposed: its account has changed, or the password's time is over.
    /// </summary>
    IDisposable Watch(AccountIdentity identity, IAccountSubscriber subscriber);

    /// <summary>
    /// Whether a session may go on: its account is there and not disabled, its sessions were not ended, its password is still there, not over, and for this protocol.
    /// </summary>
    ValueTask<bool> MayGoOnAsync(AccountIdentity identity, CancellationToken cancellationToken);

    /// <summary>The hash functions for which every account has keys: a client that chooses one of these will not find out that its user cannot log in so.</summary>
    ValueTask<ScramHashes> ScramForAllAsync(CancellationToken cancellationToken);
}
