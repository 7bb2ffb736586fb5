using Sora.Configuration;
using Sora.Contracts;

namespace Sora.Mailstore.Retention;

[Section("How long mail is kept that was deleted, or that has grown old")]
public sealed class RetentionOptions
{
    [Option("How long an expunged message can be brought back; then it is deleted for good. 0: until the next look")]
    [OptionRange("0s", "3650d")]
    public TimeSpan DeletedMessages { get; set; } = TimeSpan.FromDays(14);

    [Option("How long a deleted mailbox can be brought back")]
    [OptionRange("0s", "3650d")]
    public TimeSpan DeletedMailboxes { get; set; } = TimeSpan.FromDays(14);

    [Option("How long a deleted account can be brought back; its addresses are free again when it is gone for good")]
    [OptionRange("0s", "3650d")]
    public TimeSpan DeletedAccounts { get; set; } = TimeSpan.FromDays(30);

    [Option("Messages that are older are expunged, in every mailbox; 0: never")]
    [OptionRange("1m", "36500d", OrZero = true)]
    public TimeSpan MaxAge { get; set; }

    [Option("The same for the mailbox with the special use \\Trash; 0: max_age counts", Reference = "RFC 6154 2")]
    [OptionRange("1m", "36500d", OrZero = true)]
    public TimeSpan TrashMaxAge { get; set; }

    [Option("The same for the mailbox with the special use \\Junk; 0: max_age counts", Reference = "RFC 6154 2")]
    [OptionRange("1m", "36500d", OrZero = true)]
    public TimeSpan JunkMaxAge { get; set; }

    [Option("Names of mailboxes in which messages that are older than mailboxes_max_age are expunged; * stands for any characters, % for any but the separator")]
    public IReadOnlyList<string> Mailboxes { get; set; } = [];

    [Option("See mailboxes")]
    [OptionRange("1m", "36500d", OrZero = true)]
    public TimeSpan MailboxesMaxAge { get; set; }

    [Option("What a message's age is counted from: when it came into the mailbox, or its own date of arrival, which clients may set", Reference = "RFC 8514, RFC 9051 2.3.3")]
    public AgeDate AgeFrom { get; set; } = AgeDate.SaveDate;

    [Option("How long the object of a body that nothing refers to is kept, for those who are reading it at the moment")]
    [OptionRange("0s", "365d")]
    public TimeSpan ObjectGrace { get; set; } = TimeSpan.FromDays(1);

    [Option("The same for an object that a delivery has put before its message was acknowledged: longer than a delivery may take")]
    [OptionRange("1m", "365d")]
    public TimeSpan StagedObjectGrace { get; set; } = TimeSpan.FromDays(1);

    [Option("How often to look for messages, mailboxes and accounts that are to be deleted for good")]
    [OptionRange("1s", "7d")]
    public TimeSpan PurgeInterval { get; set; } = TimeSpan.FromHours(1);

    [Option("How often to look for messages that are too old")]
    [OptionRange("1s", "7d")]
    public TimeSpan MaxAgeInterval { get; set; } = TimeSpan.FromHours(1);

    [Option("How often to look for objects that nothing refers to any more")]
    [OptionRange("1s", "7d")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(10);

    [Option("Most messages, objects or rows of one batch")]
    [OptionRange(1, 100_000)]
    public int Batch { get; set; } = 1000;

    [Option("Pause between two batches, so that clients come first")]
    [OptionRange("0s", "1m")]
    public TimeSpan BatchPause { get; set; } = TimeSpan.FromMilliseconds(100);

    [Option("Most objects that are deleted in a second; 0: no limit")]
    [OptionRange(0, 1_000_000)]
    public int ObjectsPerSecond { get; set; } = 500;

    [Option("When the object store did not answer, how long until the same objects are deleted again: what it was asked may still be on its way")]
    [OptionRange("1s", "1d")]
    public TimeSpan SweepRetry { get; set; } = TimeSpan.FromMinutes(15);

    [Option("Bodies that each look checks for whether anything refers to them at all; all are checked one after the other")]
    [OptionRange(0, 10_000_000)]
    public int CheckedBodies { get; set; } = 100_000;

    /// <summary>How old messages in INBOX may grow; null for any age.</summary>
    public TimeSpan? MaxAgeOfInbox => new AgeRules(this).Of(MailboxName.Inbox.Value, SpecialUse.None);
}

/// <summary>What the age of a message is counted from.</summary>
public enum AgeDate
{
    /// <summary>SAVEDATE: when it came into this mailbox.</summary>
    SaveDate,

    /// <summary>INTERNALDATE.</summary>
    InternalDate,
}
