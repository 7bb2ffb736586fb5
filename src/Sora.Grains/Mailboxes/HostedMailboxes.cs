using System.Collections.Concurrent;
using Sora.Contracts;
using Sora.Grains.Observers;
using Sora.Mailstore.Bodies.Transfer;
using Sora.Mailstore.Mailboxes;

namespace Sora.Grains.Mailboxes;

/// <summary>The mailboxes that this mailstore is the host of.</summary>
internal sealed class HostedMailboxes(MailboxHost host, MailboxObservers observers, BodyTransfer transfer, ILocalSiloDetails silo)
{
    private readonly ConcurrentDictionary<MailboxId, byte> _ids = new();

    /// <summary>This mailstore as other mailstores know it.</summary>
    public SiloAddress Mailstore => silo.SiloAddress;

    /// <summary>This mailstore as gateways know it.</summary>
    public SiloAddress Gateway => silo.GatewayAddress;

    public void Add(MailboxId id) => _ids.TryAdd(id, 0);

    public void Remove(MailboxId id) => _ids.TryRemove(id, out _);

    public bool Contains(MailboxId id) => _ids.ContainsKey(id);

    public IMailbox Get(MailboxId id) => host.Get(id);

    /// <inheritdoc cref="IMailbox.OpenAsync"/>
    public Task<MailResult<MailboxUpdate>> OpenAsync(MailboxId id, ModSeq known, CancellationToken cancellationToken) => host.OpenRemoteAsync(id, known, cancellationToken);

    /// <summary>Appends here.</summary>
    public async Task<PlacedAppend> AppendAsync(MailboxId id, AppendRequest request, CancellationToken cancellationToken)
    {
        var arrived = await transfer.ArriveAsync(request.Messages, cancellationToken);
        var result = arrived.IsOk ? await Get(id).AppendAsync(request with { Messages = arrived.Value }, cancellationToken) : arrived.Error;
        return new PlacedAppend(result, Mailstore, Gateway, result.IsOk ? observers.FindRecord(id, result.Value.ModSeq) : null);
    }

    /// <inheritdoc cref="IMailbox.StoreAsync"/>
    public async Task<MailResult<Recorded<StoreResult>>> StoreAsync(MailboxId id, StoreRequest request)
    {
        var result = await Get(id).StoreAsync(request, CancellationToken.None);
        return result.IsOk ? new Recorded<StoreResult>(result.Value, observers.FindRecord(id, result.Value.ModSeq)) : result.Error;
    }

    /// <inheritdoc cref="IMailbox.ExpungeAsync"/>
    public async Task<MailResult<Recorded<ExpungeResult>>> ExpungeAsync(MailboxId id, ExpungeRequest request)
    {
        var result = await Get(id).ExpungeAsync(request, CancellationToken.None);
        return result.IsOk ? new Recorded<ExpungeResult>(result.Value, observers.FindRecord(id, result.Value.ModSeq)) : result.Error;
    }
}
