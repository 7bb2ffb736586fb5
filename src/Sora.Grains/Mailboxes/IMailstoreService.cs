using Orleans.Services;
using Sora.Contracts;

namespace Sora.Grains.Mailboxes;

/// <summary>
/// A mailstore itself. What gateways have for its mailboxes comes straight to it, where calls to grains go in by way of any mailstore. A mailbox that is elsewhere by now is asked there.
/// </summary>
[Alias("sora.IMailstoreService")]
internal interface IMailstoreService : IGrainService
{
    /// <summary>Appends to mailboxes, to each on its own. The answers are in the order of the appends.</summary>
    [Alias("AppendAsync")]
    Task<PlacedAppend[]> AppendAsync(MailboxAppends appends);

    /// <inheritdoc cref="IMailbox.OpenAsync"/>
    [Alias("OpenAsync")]
    Task<MailResult<MailboxUpdate>> OpenAsync(MailboxId mailbox, ModSeq known);

    /// <inheritdoc cref="IMailbox.StoreAsync"/>
    [Alias("StoreAsync")]
    Task<MailResult<Recorded<StoreResult>>> StoreAsync(MailboxId mailbox, StoreRequest request);

    /// <inheritdoc cref="IMailbox.ExpungeAsync"/>
    [Alias("ExpungeAsync")]
    Task<MailResult<Recorded<ExpungeResult>>> ExpungeAsync(MailboxId mailbox, ExpungeRequest request);

    /// <inheritdoc cref="IMailbox.CopyAsync"/>
    [Alias("CopyAsync")]
    Task<MailResult<CopyResult>> CopyAsync(MailboxId mailbox, CopyRequest request);

    /// <inheritdoc cref="IMailbox.ClaimRecentAsync"/>
    [Alias("ClaimRecentAsync")]
    Task<MailResult<Uid>> ClaimRecentAsync(MailboxId mailbox, Uid uidNext, bool keep);
}

/// <summary>What became of an append, and on which mailstore the mailbox is; without a mailstore nothing is known of either.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Mailstore">The mailstore as other mailstores know it.</param>
/// <param name="Gateway">The mailstore as gateways know it; null from a build that did not tell.</param>
/// <param name="Record">As in <see cref="Recorded{T}"/>.</param>
[GenerateSerializer, Alias("sora.PlacedAppend"), Immutable]
internal readonly record struct PlacedAppend(
    [property: Id(0)] MailResult<AppendResult> Result, [property: Id(1)] SiloAddress? Mailstore, [property: Id(2)] SiloAddress? Gateway, [property: Id(3)] MailboxDelta? Record);
