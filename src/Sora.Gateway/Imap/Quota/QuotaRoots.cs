using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Imap.Quota;

/// <summary>
/// Names of quota roots. Each account has one: the empty name is the user's own, <c>#user/</c> with an address that of anybody, and <c>#shared/</c> with a
/// domain that of its shared mailboxes. Who is not an administrator sees those of accounts that let him read a mailbox, as GETQUOTAROOT tells them, and
/// gets the same answer for all of the others, so that nobody learns which addresses there are.
/// </summary>
internal static class QuotaRoots
{
    private const string Prefix = "#user/";
    private const string SharedPrefix = "#shared/";

    private static readonly MailError NoSuchRoot = new(MailErrorCode.NonExistent, "There is no such quota root");
    private static readonly MailError NotAllowed = new(MailErrorCode.NoPerm, "You may not see the quota of others");

    /// <summary>The account of a quota root. NONEXISTENT, NOPERM.</summary>
    public static async ValueTask<MailResult<AccountId>> FindAsync(ImapConnection connection, string root, CancellationToken cancellationToken)
    {
        var own = connection.Session.Identity!;
        if (root.Length == 0)
            return own.Account;
        if (root.StartsWith(SharedPrefix, StringComparison.Ordinal))
            return await FindSharedAsync(connection, root[SharedPrefix.Length..], cancellationToken).ConfigureAwait(false);
        if (!root.StartsWith(Prefix, StringComparison.Ordinal))
            return NoSuchRoot;
        var address = root[Prefix.Length..];
        if (address.Equals(own.PrimaryAddress, StringComparison.OrdinalIgnoreCase))
            return own.Account;
        if (await FindSharingAsync(connection, address, cancellationToken).ConfigureAwait(false) is { } sharing)
            return sharing;
        if (!connection.IsAdministrator)
            return NotAllowed;
        return await connection.Server.Accounts.FindAsync(address, cancellationToken).ConfigureAwait(false) is { } identity
            ? identity.Account
            : NoSuchRoot;
    }

    // A user sees the shared mailboxes of the own domain only
    private static async ValueTask<MailResult<AccountId>> FindSharedAsync(ImapConnection connection, string domain, CancellationToken cancellationToken)
    {
        if (connection.Server.Namespaces.Shared.Length > 0
            && connection.Session.Identity!.PrimaryAddress.EndsWith("@" + domain, StringComparison.OrdinalIgnoreCase)
            && (await connection.Server.Sharing.ViewAsync(connection.Account.Id, cancellationToken).ConfigureAwait(false)).FindShared() is { } shared
            && MayReadAny(shared))
            return shared.Account;
        if (!connection.IsAdministrator)
            return NotAllowed;
        return await connection.Server.Sharing.FindSharedAccountAsync(domain, cancellationToken).ConfigureAwait(false) is { } account ? account : NoSuchRoot;
    }

    private static async ValueTask<AccountId?> FindSharingAsync(ImapConnection connection, string address, CancellationToken cancellationToken)
    {
        if (connection.Server.Namespaces.OtherUsers.Length == 0)
            return null;
        var view = await connection.Server.Sharing.ViewAsync(connection.Account.Id, cancellationToken).ConfigureAwait(false);
        foreach (var account in view.Accounts)
        {
            if (address.Equals(account.Address, StringComparison.OrdinalIgnoreCase) && MayReadAny(account))
                return account.Account;
        }

        return null;
    }

    private static bool MayReadAny(SharingAccount account) => account.Mailboxes.Any(static mailbox => (mailbox.Rights & Rights.Read) != Rights.None);

    /// <summary>The name under which this user sees an account's root.</summary>
    public static string NameOf(ImapConnection connection, AccountQuota quota) =>
        quota.Account == connection.Session.Identity!.Account ? ""
        : quota.PrimaryAddress is { } address ? Prefix + address
        : SharedPrefix + quota.Domain;

    /// <summary>
    /// QUOTA (RFC 9208 section 4.2.1). Only what is limited is named. Usage and limit of STORAGE are both rounded up to its units, so that what
    /// is within the limit is never shown beyond it.
    /// </summary>
    public static void Write(ImapConnection connection, string root, AccountQuota quota)
    {
        var writer = connection.Writer;
        var first = true;
        writer.Raw("* QUOTA "u8);
        writer.AString(Encoding.UTF8.GetBytes(root));
        writer.Raw(" ("u8);
        Resource("STORAGE "u8, Units(quota.Usage.Storage), quota.Limits.Storage is { } storage ? Units(storage) : null);
        Resource("MESSAGE "u8, quota.Usage.Messages, quota.Limits.Messages);
        Resource("MAILBOX "u8, quota.Usage.Mailboxes, quota.Limits.Mailboxes);
        writer.Raw(")\r\n"u8);

        void Resource(ReadOnlySpan<byte> resource, long usage, long? limit)
        {
            if (limit is not { } most)
                return;
            if (!first)
                writer.Space();
            first = false;
            writer.Raw(resource);
            writer.Number(usage);
            writer.Space();
            writer.Number(most);
        }
    }

    private static long Units(long bytes) => (bytes / 1024) + (bytes % 1024 == 0 ? 0 : 1);
}
