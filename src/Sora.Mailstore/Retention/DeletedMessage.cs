using Sora.Contracts;

namespace Sora.Mailstore.Retention;

/// <summary>A message that was expunged and can be brought back.</summary>
/// <param name="Mailbox">Where it was.</param>
/// <param name="MailboxName">Its name now.</param>
/// <param name="Uid">What it had; it gets another one.</param>
/// <param name="ExpungedAt">When it was expunged.</param>
/// <param name="InternalDate">Its date of arrival.</param>
/// <param name="Size">RFC822.SIZE in bytes.</param>
/// <param name="Flags">What it had, without \Deleted.</param>
/// <param name="From">Who sent it, for people to read.</param>
/// <param name="Subject">Its subject, for people to read.</param>
/// <param name="IsRestored">It was brought back before.</param>
public sealed record DeletedMessage(
    MailboxId Mailbox, string MailboxName, uint Uid, DateTimeOffset ExpungedAt, DateTimeOffset InternalDate, uint Size, FlagSet Flags, string From, string Subject, bool IsRestored)
{
    /// <summary>Names it: the mailbox's number and the UID, as in 17.42.</summary>
    public DeletedMessageId Id => new(Mailbox, Uid);
}

/// <summary>Names an expunged message.</summary>
public readonly record struct DeletedMessageId(MailboxId Mailbox, uint Uid)
{
    /// <summary>Reads "17.42".</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DeletedMessageId id)
    {
        id = default;
        var dot = text.IndexOf('.');
        if (dot < 0
            || !long.TryParse(text[..dot], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var mailbox)
            || !uint.TryParse(text[(dot + 1)..], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var uid)
            || mailbox == 0 || uid == 0)
        {
            return false;
        }

        id = new DeletedMessageId(new MailboxId(mailbox), uid);
        return true;
    }

    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Mailbox.Value}.{Uid}");
}

/// <summary>Which expunged messages are meant: those for which all that is set is true.</summary>
/// <param name="Ids">Only these; null for all.</param>
/// <param name="Mailbox">Only of this mailbox.</param>
/// <param name="Since">Only what was expunged at or after this time.</param>
/// <param name="Until">Only what was expunged before this time.</param>
public sealed record DeletedMessageFilter(
    IReadOnlyCollection<DeletedMessageId>? Ids = null, MailboxName? Mailbox = null, DateTimeOffset? Since = null, DateTimeOffset? Until = null);

/// <summary>A deleted mailbox that can be brought back.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its full name.</param>
/// <param name="SpecialUse">What it was for.</param>
/// <param name="DeletedAt">When it was deleted.</param>
/// <param name="Messages">How many it had.</param>
/// <param name="Size">Their sizes together, in bytes.</param>
/// <param name="RestoredTo">The mailbox that has some of its messages already.</param>
public sealed record DeletedMailbox(MailboxId Id, MailboxName Name, SpecialUse SpecialUse, DateTimeOffset DeletedAt, int Messages, long Size, MailboxId? RestoredTo);

/// <summary>What came of restoring messages into one mailbox.</summary>
/// <param name="Mailbox">Where they are.</param>
/// <param name="Name">Its name.</param>
/// <param name="SourceUids">What they had.</param>
/// <param name="Uids">What they have; the n-th is the n-th of <paramref name="SourceUids"/>.</param>
public sealed record RestoredMessages(MailboxId Mailbox, MailboxName Name, UidSet SourceUids, UidSet Uids);

/// <summary>A mailbox that was brought back.</summary>
/// <param name="Entry">As it is now.</param>
/// <param name="Messages">How many messages came back this time.</param>
public sealed record RestoredMailbox(MailboxEntry Entry, long Messages);
