using Orleans.Services;
using Sora.Contracts;

namespace Sora.Grains.Mailboxes;

/// <summary>A mailstore itself. What gateways have for its mailboxes at a moment comes in one call, and straight to it: calls to grains go in by way of any mailstore.</summary>
[Alias("sora.IMailstoreService")]
internal interface IMailstoreService : IGrainService
{
    /// <summary>Appends to mailboxes, to each on its own, wherever they are by now. The answers are in the order of the appends.</summary>
    [Alias("AppendAsync")]
    Task<PlacedAppend[]> AppendAsync(MailboxAppends appends);
}

/// <summary>What became of an append, and on which mailstore the mailbox is; without a mailstore nothing is known of either.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Mailstore">The mailstore as other mailstores know it.</param>
/// <param name="Gateway">The mailstore as gateways know it; null from a build that did not tell.</param>
[GenerateSerializer, Alias("sora.PlacedAppend"), Immutable]
internal readonly record struct PlacedAppend(
    [property: Id(0)] MailResult<AppendResult> Result, [property: Id(1)] SiloAddress? Mailstore, [property: Id(2)] SiloAddress? Gateway);
