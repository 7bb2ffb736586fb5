using Sora.Contracts;

namespace Sora.Gateway.Imap;

/// <summary>A mailbox as a session finds it.</summary>
/// <param name="Account">Whose it is.</param>
/// <param name="Entry">As its owner lists it.</param>
/// <param name="Name">Its name in this session, with the prefix of its namespace.</param>
/// <param name="Rights">What the session's user may do with it.</param>
internal sealed record MailboxTarget(IAccount Account, MailboxEntry Entry, MailboxName Name, Rights Rights)
{
    public MailboxId Id => Entry.Id;

    public bool May(Rights rights) => (Rights & rights) == rights;
}

/// <summary>The mailboxes that a user sees, by the names they have there: the one place where a name becomes a mailbox and rights are asked.</summary>
internal sealed class MailboxDirectory(IAccount account)
{
    /// <summary>All mailboxes that the user may look up, and the user's subscriptions.</summary>
    public ValueTask<MailboxList> ListAsync(CancellationToken cancellationToken) => account.ListAsync(cancellationToken);

    /// <summary>
    /// The mailbox of that name. NONEXISTENT when there is none or the user may not know of it; NOPERM without one of the <paramref name="needed"/> rights.
    /// </summary>
    public async ValueTask<MailResult<MailboxTarget>> FindAsync(MailboxName name, Rights needed, CancellationToken cancellationToken)
    {
        var list = await account.ListAsync(cancellationToken).ConfigureAwait(false);
        if (list.Find(name) is not { } entry)
            return MailError.NoSuchMailbox();
        var target = new MailboxTarget(account, entry, name, Rights.All);
        return target.May(needed) ? target : new MailError(MailErrorCode.NoPerm, "You may not do that with this mailbox");
    }
}
