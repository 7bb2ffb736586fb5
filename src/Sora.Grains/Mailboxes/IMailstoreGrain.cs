using Sora.Contracts;

namespace Sora.Grains.Mailboxes;

/// <summary>A mailstore itself; the key is its address, as <see cref="SiloAddress.ToParsableString"/> has it. What gateways have for its mailboxes at a moment comes in one call.</summary>
[Alias("sora.IMailstoreGrain")]
internal interface IMailstoreGrain : IGrainWithStringKey
{
    /// <summary>Appends to mailboxes, to each on its own, wherever they are by now. The answers are in the order of the appends.</summary>
    [Alias("AppendAsync")]
    Task<PlacedAppend[]> AppendAsync(MailboxAppends appends);
}

/// <summary>What became of an append, and on which mailstore the mailbox is; without a mailstore nothing is known of either.</summary>
[GenerateSerializer, Alias("sora.PlacedAppend"), Immutable]
internal readonly record struct PlacedAppend([property: Id(0)] MailResult<AppendResult> Result, [property: Id(1)] SiloAddress? Mailstore);
