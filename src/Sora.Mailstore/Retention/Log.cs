using Microsoft.Extensions.Logging;

namespace Sora.Mailstore.Retention;

internal static partial class Log
{
    [LoggerMessage(201, LogLevel.Information, "{Messages} expunged messages are deleted for good, and {Contents} contents with them")]
    public static partial void Purged(ILogger logger, long messages, long contents);

    [LoggerMessage(202, LogLevel.Error, "Record {ModSeq} of mailbox {Mailbox} cannot be read; its messages are kept")]
    public static partial void RecordUnreadable(ILogger logger, long mailbox, long modSeq, Exception exception);

    [LoggerMessage(203, LogLevel.Information, "Mailbox {Mailbox} of account {Account}, which was deleted, is deleted for good with {Messages} messages")]
    public static partial void MailboxPurged(ILogger logger, long mailbox, long account, long messages);

    [LoggerMessage(204, LogLevel.Information, "Account {Account}, which was deleted, is deleted for good; its addresses are free")]
    public static partial void AccountPurged(ILogger logger, long account);

    [LoggerMessage(205, LogLevel.Information, "{Messages} messages of {Mailboxes} mailboxes were too old and are expunged")]
    public static partial void Expired(ILogger logger, long messages, long mailboxes);

    [LoggerMessage(206, LogLevel.Warning, "Messages that are too old could not be expunged in mailbox {Mailbox}; it is tried again at the next look: {Reason}")]
    public static partial void ExpiryFailed(ILogger logger, long mailbox, string reason);

    [LoggerMessage(207, LogLevel.Information, "{Objects} objects that nothing refers to are deleted, {Packed} bodies are gone from packs, {Packs} packs are deleted")]
    public static partial void Swept(ILogger logger, long objects, long packed, long packs);

    [LoggerMessage(208, LogLevel.Warning, "Objects cannot be deleted at the moment; nothing is lost by it, they are deleted later")]
    public static partial void SweepFailed(ILogger logger, Exception exception);

    [LoggerMessage(209, LogLevel.Information, "{Bodies} bodies that nothing refers to were not marked yet; they are now")]
    public static partial void Unmarked(ILogger logger, long bodies);

    [LoggerMessage(210, LogLevel.Information, "Mailbox {Mailbox} could not be ended, which is done before it is deleted for good: {Reason}")]
    public static partial void EndFailed(ILogger logger, long mailbox, string reason);
}
