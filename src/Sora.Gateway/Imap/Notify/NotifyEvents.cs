namespace Sora.Gateway.Imap.Notify;

/// <summary>Events of RFC 5465 section 5 that the server can tell of. AnnotationChange is not among them.</summary>
[Flags]
internal enum NotifyEvents
{
    None = 0,
    MessageNew = 1,
    MessageExpunge = 2,
    FlagChange = 4,
    MailboxName = 8,
    SubscriptionChange = 16,
    MailboxMetadataChange = 32,
    ServerMetadataChange = 64,

    /// <summary>Events of messages: the only ones that go with the selected mailbox.</summary>
    Message = MessageNew | MessageExpunge | FlagChange,
}
