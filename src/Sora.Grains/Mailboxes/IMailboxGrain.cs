using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Grains.Observers;

namespace Sora.Grains.Mailboxes;

/// <summary>A mailbox's writer, wherever it is; the key is the mailbox's number.</summary>
[Alias("sora.IMailboxGrain")]
internal interface IMailboxGrain : IGrainWithIntegerKey, IMailbox
{
    /// <summary>Appends to several mailboxes, of which this is one (<see cref="IMailboxes.AppendAllAsync"/>).</summary>
    [Alias("AppendAllAsync")]
    Task<MailResult<ImmutableArray<AppendResult>>> AppendAllAsync(MailboxAppends appends, CancellationToken cancellationToken);

    /// <summary>Appends, and tells where the mailbox is.</summary>
    [Alias("AppendPlacedAsync")]
    Task<PlacedAppend> AppendPlacedAsync(AppendRequest request, CancellationToken cancellationToken);

    /// <summary>How many messages are \Recent for the next session that selects the mailbox.</summary>
    [Alias("CountRecentAsync")]
    Task<MailResult<int>> CountRecentAsync(CancellationToken cancellationToken);

    /// <summary>Another node has written to the mailbox on this one's behalf: its next answer knows of it. Answers with the newest state if that is asked for, else 0.</summary>
    [Alias("RefreshAsync")]
    Task<ModSeq> RefreshAsync(bool tellsNewest, CancellationToken cancellationToken);

    /// <summary>
    /// Tells a gateway of changes from now on, until it says nothing more for a while. Answers with the newest state that is known here, 0 for none: what came before the gateway was
    /// there has to be asked for.
    /// </summary>
    [Alias("ObserveAsync")]
    Task<ModSeq> ObserveAsync(IMailboxObserver observer, CancellationToken cancellationToken);

    /// <summary>As <see cref="ObserveAsync"/>, which gateways of the build before call; tells also where the mailbox is.</summary>
    [Alias("WatchAsync")]
    Task<WatchedMailbox> WatchAsync(IMailboxObserver observer, CancellationToken cancellationToken);
}

/// <summary>A mailbox that a gateway watches.</summary>
/// <param name="Newest">The newest state that is known, 0 for none.</param>
/// <param name="Mailstore">Where it is, as other mailstores know it.</param>
/// <param name="Gateway">Where it is, as gateways know it.</param>
[GenerateSerializer, Alias("sora.WatchedMailbox"), Immutable]
internal readonly record struct WatchedMailbox([property: Id(0)] ModSeq Newest, [property: Id(1)] SiloAddress? Mailstore, [property: Id(2)] SiloAddress? Gateway);
