using System.Collections.Immutable;

namespace Sora.Contracts;

/// <summary>A mailbox of somebody else, and what a user may do with it.</summary>
/// <param name="Rights">Never <see cref="Contracts.Rights.None"/>.</param>
[GenerateSerializer, Alias("sora.GrantedMailbox"), Immutable]
public readonly record struct GrantedMailbox([property: Id(0)] MailboxId Id, [property: Id(1)] Rights Rights);

/// <summary>An account some of whose mailboxes a user may use.</summary>
/// <param name="Address">Its primary address; null for the account that holds the shared mailboxes of the user's domain.</param>
/// <param name="Mailboxes">Ascending by number. Some may have been deleted since.</param>
[GenerateSerializer, Alias("sora.SharingAccount"), Immutable]
public sealed record SharingAccount(
    [property: Id(0)] AccountId Account,
    [property: Id(1)] string? Address,
    [property: Id(2)] ImmutableArray<GrantedMailbox> Mailboxes)
{
    /// <summary>What the user may do with a mailbox of this account.</summary>
    public Rights RightsTo(MailboxId mailbox)
    {
        int low = 0, high = Mailboxes.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var at = Mailboxes[middle].Id.Value;
            if (at == mailbox.Value)
                return Mailboxes[middle].Rights;
            if (at < mailbox.Value)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return Rights.None;
    }
}

/// <summary>All that others let one user do. The same object comes back as long as nothing has changed.</summary>
/// <param name="MayCreateShared">The user may create shared mailboxes where there is no mailbox above them.</param>
[GenerateSerializer, Alias("sora.SharedView"), Immutable]
public sealed record SharedView([property: Id(0)] ImmutableArray<SharingAccount> Accounts, [property: Id(1)] bool MayCreateShared)
{
    public static readonly SharedView Nothing = new([], MayCreateShared: false);

    /// <summary>The account with that primary address, or null.</summary>
    public SharingAccount? Find(string address)
    {
        foreach (var account in Accounts)
            if (account.Address == address)
                return account;
        return null;
    }

    /// <summary>The account that holds the domain's shared mailboxes, or null when the user may use none of them.</summary>
    public SharingAccount? FindShared()
    {
        foreach (var account in Accounts)
            if (account.Address is null)
                return account;
        return null;
    }

    /// <summary>The account that has the mailbox, if the user may use it.</summary>
    public SharingAccount? FindOwner(MailboxId mailbox)
    {
        foreach (var account in Accounts)
            if (account.RightsTo(mailbox) != Rights.None)
                return account;
        return null;
    }

    public SharingAccount? Find(AccountId id)
    {
        foreach (var account in Accounts)
            if (account.Account == id)
                return account;
        return null;
    }
}

/// <summary>An entry of a mailbox's access control list (RFC 4314 section 2).</summary>
/// <param name="Identifier">A user's primary address, or <c>anyone</c>.</param>
/// <param name="IsNegative">The rights are taken away, whoever else grants them; the identifier has a <c>-</c> before it then.</param>
[GenerateSerializer, Alias("sora.AccessEntry"), Immutable]
public sealed record AccessEntry([property: Id(0)] string Identifier, [property: Id(1)] bool IsNegative, [property: Id(2)] Rights Rights);

/// <summary>A mailbox's access control list.</summary>
/// <param name="Owner">Primary address of whose mailbox it is, who has all rights; null for a shared mailbox.</param>
/// <param name="Entries"><c>anyone</c> first, then users by address; negative rights behind the others of the same identifier.</param>
[GenerateSerializer, Alias("sora.AccessList"), Immutable]
public sealed record AccessList([property: Id(0)] string? Owner, [property: Id(1)] ImmutableArray<AccessEntry> Entries);

public enum AccessMode
{
    /// <summary>The identifier has exactly these rights afterwards; with none the entry is gone.</summary>
    Replace,

    Add,

    Remove,
}

/// <summary>A change of one entry (SETACL, DELETEACL).</summary>
/// <param name="Identifier">An address of a user in any case, a local part in the owner's domain, or <c>anyone</c>.</param>
[GenerateSerializer, Alias("sora.AccessChange"), Immutable]
public sealed record AccessChange(
    [property: Id(0)] MailboxId Mailbox,
    [property: Id(1)] string Identifier,
    [property: Id(2)] bool IsNegative,
    [property: Id(3)] AccessMode Mode,
    [property: Id(4)] Rights Rights);

/// <summary>
/// Who may do what with the mailboxes of others. An owner has all rights to all mailboxes, always; what the others have is the union of what
/// their own entry and that of <c>anyone</c> (everyone in the owner's domain) grant, less what negative entries take away.
/// </summary>
public interface ISharing
{
    /// <summary>What others let a user do; from memory unless something has changed.</summary>
    ValueTask<SharedView> ViewAsync(AccountId user, CancellationToken cancellationToken);

    /// <summary>The account that holds the shared mailboxes of a domain (in any case); null when there is none.</summary>
    Task<AccountId?> FindSharedAccountAsync(string domain, CancellationToken cancellationToken);

    /// <summary>A mailbox's access control list. NONEXISTENT.</summary>
    Task<MailResult<AccessList>> ListAsync(MailboxId mailbox, CancellationToken cancellationToken);

    /// <summary>Whether the identifier stands for the mailbox's owner. NONEXISTENT when the mailbox is gone, CANNOT for what can be granted nothing.</summary>
    Task<MailResult<bool>> IsOwnerAsync(MailboxId mailbox, string identifier, CancellationToken cancellationToken);

    /// <summary>
    /// Changes an entry; durable when the call returns, and announced to all sessions. NONEXISTENT; CANNOT for the owner, and for an identifier that
    /// names nobody whom the mailbox may be shared with; LIMIT when the list is full.
    /// </summary>
    Task<MailResult<Done>> ChangeAsync(AccessChange change, CancellationToken cancellationToken);

    /// <summary>
    /// Creates a shared mailbox of the user's domain that has none above it, and the levels that lead to it, and gives the user all rights to them.
    /// NOPERM when the user may not, and what <see cref="IAccount.CreateAsync"/> says.
    /// </summary>
    Task<MailResult<MailboxEntry>> CreateSharedAsync(AccountId creator, MailboxName name, SpecialUse use, CancellationToken cancellationToken);
}
