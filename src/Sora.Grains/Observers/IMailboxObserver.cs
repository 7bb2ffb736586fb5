using Orleans.Concurrency;
using Sora.Contracts;

namespace Sora.Grains.Observers;

/// <summary>A gateway process, which hears of changes of all mailboxes that it watches through one object.</summary>
[Alias("sora.IMailboxObserver")]
internal interface IMailboxObserver : IGrainObserver
{
    /// <summary>Mailboxes have changed. It may come twice, late or never: the truth is always asked for.</summary>
    [OneWay]
    [Alias("Changed")]
    void Changed(MailboxNudge[] nudges);
}

/// <summary>A mailbox has reached a state; 0 when it is not known which.</summary>
/// <param name="Mailbox">The mailbox.</param>
/// <param name="ModSeq">The state.</param>
/// <param name="Records">Records that lead to it, of which the gateway may know some; null when they are too large to be sent unasked.</param>
[GenerateSerializer, Alias("sora.MailboxNudge"), Immutable]
internal readonly record struct MailboxNudge([property: Id(0)] MailboxId Mailbox, [property: Id(1)] ModSeq ModSeq, [property: Id(2)] MailboxDelta[]? Records = null);
