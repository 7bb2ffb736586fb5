using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Imap.Quota;

/// <summary>
/// Names of quota roots. Each account has one: the empty name is the user's own, <c>#user/</c> with an address that of anybody. Who is not an
/// administrator sees those of accounts that let him read a mailbox, as GETQUOTAROOT tells them, and gets the same answer for all of the others, so
/// that nobody learns which addresses there are.
/// </summary>
internal static class QuotaRoots
{
    private const string Prefix = "#user/";

    /// <summary>The account of a quota root. NONEXISTENT, NOPERM.</summary>
    public static async ValueTask<MailResult<AccountId>> FindAsync(ImapConnection connection, string root, CancellationToken cancellationToken)
    {
        var own = connection.Session.Identity!;
        if (root.Length == 0)
            return own.Account;
        if (!root.StartsWith(Prefix, StringComparison.Ordinal))
            return new MailError(MailErrorCode.NonExistent, "There is no such quota root");
        var address = root[Prefix.Length..];
        if (address.Equals(own.PrimaryAddress, StringComparison.OrdinalIgnoreCase))
            return own.Account;
        if (await FindSharingAsync(connection, address, cancellationToken).ConfigureAwait(false) is { } sharing)
            return sharing;
        if (!connection.IsAdministrator)
            return new MailError(MailErrorCode.NoPerm, "You may not see the quota of others");
        return await connection.Server.Accounts.FindAsync(address, cancellationToken).ConfigureAwait(false) is { } identity
            ? identity.Account
            : new MailError(MailErrorCode.NonExistent, "There is no such quota root");
    }

    private static async ValueTask<AccountId?> FindSharingAsync(ImapConnection connection, string address, CancellationToken cancellationToken)
    {
        if (connection.Server.Namespaces.OtherUsers.Length == 0)
            return null;
        var view = await connection.Server.Sharing.ViewAsync(connection.Account.Id, cancellationToken).ConfigureAwait(false);
        foreach (var account in view.Accounts)
        {
            if (address.Equals(account.Address, StringComparison.OrdinalIgnoreCase)
                && account.Mailboxes.Any(static mailbox => (mailbox.Rights & Rights.Read) != Rights.None))
                return account.Account;
        }

        return null;
    }

    /// <summary>The name under which this user sees an account's root.</summary>
    public static string NameOf(ImapConnection connection, AccountQuota quota) =>
        quota.Account == connection.Session.Identity!.Account ? "" : Prefix + quota.PrimaryAddress;

    /// <summary>QUOTA (RFC 9208 section 4.2.1). Only what is limited is named.</summary>
    public static void Write(ImapConnection connection, string root, AccountQuota quota)
    {
        var writer = connection.Writer;
        var first = true;
        writer.Raw("* QUOTA "u8);
        writer.AString(Encoding.UTF8.GetBytes(root));
        writer.Raw(" ("u8);
        Resource("STORAGE "u8, (quota.Usage.Storage + 1023) / 1024, quota.Limits.Storage / 1024);
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
}
