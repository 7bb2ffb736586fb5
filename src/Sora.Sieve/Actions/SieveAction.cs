using System.Collections.Immutable;

namespace Sora.Sieve;

/// <summary>
/// Something that a script wants done. Nothing has been done yet: the caller does it, in the order of <see cref="SieveResult.Actions"/>.
/// </summary>
public abstract record SieveAction
{
    /// <summary>The line of the script that asked for it, from 1.</summary>
    public int Line { get; init; }

    /// <summary>Which script of the sequence asked for it, from 0; for an action of an included script the one that includes it.</summary>
    public int Script { get; init; }

    /// <summary>The message as it was changed by the script before this action (RFC 5293, RFC 5703); null for the message as it came.</summary>
    public SieveNewMessage? Message { get; init; }
}

/// <summary>An action that stores the message in a mailbox.</summary>
public abstract record StoreAction : SieveAction
{
    /// <summary>Flags and keywords to set (RFC 5232); null when the script says nothing of flags.</summary>
    public ImmutableArray<string>? Flags { get; init; }
}

/// <summary><c>keep</c> (RFC 5228 section 4.3): store in the user's main mailbox.</summary>
public sealed record KeepAction : StoreAction;

/// <summary><c>fileinto</c> (RFC 5228 section 4.1).</summary>
/// <param name="Mailbox">The mailbox's name.</param>
public sealed record FileIntoAction(string Mailbox) : StoreAction
{
    /// <summary><c>:copy</c> (RFC 3894).</summary>
    public bool IsCopy { get; init; }

    /// <summary><c>:create</c> (RFC 5490 section 3.2): create the mailbox when it is not there.</summary>
    public bool Create { get; init; }

    /// <summary><c>:specialuse</c> (RFC 8579 section 4): prefer a mailbox with this special use, such as <c>\Junk</c>; else the name.</summary>
    public string? SpecialUse { get; init; }

    /// <summary><c>:mailboxid</c> (RFC 9042): prefer the mailbox with this object id; else the name.</summary>
    public string? MailboxId { get; init; }
}

/// <summary><c>redirect</c> (RFC 5228 section 4.2), one for each address.</summary>
/// <param name="Address">The addr-spec to send to; empty where <see cref="List"/> is given.</param>
public sealed record RedirectAction(string Address) : SieveAction
{
    /// <summary><c>:copy</c> (RFC 3894).</summary>
    public bool IsCopy { get; init; }

    /// <summary><c>:list</c> (RFC 6134): the name of the external list to whose members the message goes, or null.</summary>
    public string? List { get; init; }

    /// <summary>The members of <see cref="List"/> when the script ran, as the list writes them; not all need be addresses.</summary>
    public IReadOnlyList<string> Members { get; init; } = [];

    /// <summary><c>:notify</c> (RFC 6009 section 6) as the NOTIFY parameter of RCPT, or null.</summary>
    public string? Notify { get; init; }

    /// <summary><c>:ret</c> (RFC 6009 section 6): FULL or HDRS, or null.</summary>
    public string? Ret { get; init; }

    /// <summary><c>:bytimerelative</c> or <c>:bytimeabsolute</c> (RFC 6009 section 7) as seconds from the start of the run, or null.</summary>
    public long? BySeconds { get; init; }

    /// <summary><c>:bymode</c> (RFC 6009 section 7): N or R.</summary>
    public char ByMode { get; init; } = 'R';

    /// <summary><c>:bytrace</c> (RFC 6009 section 7).</summary>
    public bool ByTrace { get; init; }

    /// <summary>
    /// The script's owner hears of what becomes of the message: unless the envelope's sender is empty, MAIL FROM is the owner's address (RFC 6009 sections 6.1 and 7.1).
    /// </summary>
    public bool IsFromOwner => Notify is not null || Ret is not null || BySeconds is not null;
}

/// <summary><c>discard</c> (RFC 5228 section 4.4): nothing is to be done; it stands in the list so that logs can tell of it.</summary>
public sealed record DiscardAction : SieveAction;

/// <summary><c>reject</c> and <c>ereject</c> (RFC 5429).</summary>
/// <param name="Reason">What the sender is told.</param>
/// <param name="IsEreject">Refuse in the protocol if at all possible.</param>
public sealed record RejectAction(string Reason, bool IsEreject) : SieveAction;

/// <summary>
/// <c>vacation</c> (RFC 5230) for a message that may be answered: it is personal, not from a list, and names the user. Whether its sender was answered already is
/// for the caller to see, by <see cref="Handle"/> and <see cref="Recipient"/>.
/// </summary>
/// <param name="Reason">The text, or with <see cref="IsMime"/> a whole MIME entity.</param>
/// <param name="Recipient">Whom the answer goes to: the envelope's sender.</param>
public sealed record VacationAction(string Reason, string Recipient) : SieveAction
{
    /// <summary>How long the sender is not answered again; null for the site's default, zero for an answer to each message.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary><c>:subject</c>, or null for <c>Auto: </c> with the message's own subject.</summary>
    public string? Subject { get; init; }

    /// <summary>The answer's Subject, decoded: what <see cref="Subject"/> says, or what is made from the message's.</summary>
    public required string ReplySubject { get; init; }

    /// <summary><c>:from</c>, or null for <see cref="OwnAddress"/>.</summary>
    public string? From { get; init; }

    /// <summary>The user's address that the message was sent to.</summary>
    public required string OwnAddress { get; init; }

    /// <summary><c>:addresses</c>.</summary>
    public ImmutableArray<string> Addresses { get; init; } = [];

    /// <summary><c>:mime</c>.</summary>
    public bool IsMime { get; init; }

    /// <summary><c>:handle</c>, or what RFC 5230 section 4.7 makes the same answer: a text of the arguments.</summary>
    public required string Handle { get; init; }

    /// <summary><c>:fcc</c> (RFC 8580), or null.</summary>
    public SieveFcc? Fcc { get; init; }
}

/// <summary><c>notify</c> (RFC 5435).</summary>
/// <param name="Method">The URI.</param>
public sealed record NotifyAction(string Method) : SieveAction
{
    /// <summary><c>:from</c>, or null.</summary>
    public string? From { get; init; }

    /// <summary><c>:importance</c>: 1 (high) to 3 (low).</summary>
    public int Importance { get; init; } = 2;

    /// <summary><c>:options</c>.</summary>
    public ImmutableArray<string> Options { get; init; } = [];

    /// <summary><c>:message</c>, or null for the method's own text.</summary>
    public string? Text { get; init; }

    /// <summary><c>:fcc</c> (RFC 8580), or null.</summary>
    public SieveFcc? Fcc { get; init; }
}

/// <summary><c>convert</c> (RFC 6558) that has changed parts. Actions after it carry its outcome in <see cref="SieveAction.Message"/>.</summary>
/// <param name="From">The media type of the parts.</param>
/// <param name="To">Their new one.</param>
public sealed record ConvertAction(string From, string To) : SieveAction;

/// <summary><c>report</c> of <c>vnd.dovecot.report</c>: send an abuse report (RFC 5965). <see cref="SieveReport"/> writes it.</summary>
/// <param name="FeedbackType">The Feedback-Type, such as <c>abuse</c>.</param>
/// <param name="Text">What the report says to people.</param>
/// <param name="Recipient">Whom it goes to: an addr-spec that is none of the account's.</param>
public sealed record ReportAction(string FeedbackType, string Text, string Recipient) : SieveAction
{
    /// <summary><c>:headers_only</c>: the report holds the message's header instead of the message.</summary>
    public bool IsHeadersOnly { get; init; }
}

/// <summary>Where a copy of a message that a script sends is stored (RFC 8580).</summary>
/// <param name="Mailbox">The mailbox's name.</param>
public sealed record SieveFcc(string Mailbox)
{
    /// <summary><c>:create</c>.</summary>
    public bool Create { get; init; }

    /// <summary><c>:flags</c>; null when the script says nothing of flags.</summary>
    public ImmutableArray<string>? Flags { get; init; }

    /// <summary><c>:specialuse</c>.</summary>
    public string? SpecialUse { get; init; }

    /// <summary><c>:mailboxid</c>.</summary>
    public string? MailboxId { get; init; }
}

/// <summary><c>addheader</c> (RFC 5293 section 4). Actions after it carry its outcome in <see cref="SieveAction.Message"/>.</summary>
/// <param name="Name">The field's name.</param>
/// <param name="Value">The field's value, unfolded and not encoded.</param>
/// <param name="IsLast"><c>:last</c>: at the end of the header.</param>
public sealed record AddHeaderAction(string Name, string Value, bool IsLast) : SieveAction;

/// <summary><c>deleteheader</c> (RFC 5293 section 5) that took fields away.</summary>
/// <param name="Name">The field's name.</param>
/// <param name="Count">How many fields were taken away.</param>
public sealed record DeleteHeaderAction(string Name, int Count) : SieveAction;

/// <summary><c>replace</c> (RFC 5703 section 5). Actions after it carry its outcome in <see cref="SieveAction.Message"/>.</summary>
public sealed record ReplaceAction : SieveAction;

/// <summary><c>enclose</c> (RFC 5703 section 6). Actions after it carry its outcome in <see cref="SieveAction.Message"/>.</summary>
public sealed record EncloseAction : SieveAction;

/// <summary>A message that a script made out of the one that came.</summary>
/// <param name="Header">The whole header block with the empty line.</param>
/// <param name="Body">What comes behind it; null for the body of the message as it came.</param>
public sealed record SieveNewMessage(ReadOnlyMemory<byte> Header, ReadOnlyMemory<byte>? Body);
