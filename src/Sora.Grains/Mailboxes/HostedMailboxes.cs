using System.Collections.Concurrent;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Transfer;
using Sora.Mailstore.Mailboxes;

namespace Sora.Grains.Mailboxes;

/// <summary>The mailboxes that this mailstore is the host of.</summary>
internal sealed class HostedMailboxes(MailboxHost host, BodyTransfer transfer, ILocalSiloDetails silo)
{
    private readonly ConcurrentDictionary<MailboxId, byte> _ids = new();

    public void Add(MailboxId id) => _ids.TryAdd(id, 0);

    public void Remove(MailboxId id) => _ids.TryRemove(id, out _);

    public bool Contains(MailboxId id) => _ids.ContainsKey(id);

    /// <summary>Appends here.</summary>
    public async Task<PlacedAppend> AppendAsync(MailboxId id, AppendRequest request, CancellationToken cancellationToken)
    {
        var arrived = await transfer.ArriveAsync(request.Messages, cancellationToken);
        return new PlacedAppend(
            arrived.IsOk ? await host.Get(id).AppendAsync(request with { Messages = arrived.Value }, cancellationToken) : arrived.Error,
            silo.SiloAddress,
            silo.GatewayAddress);
    }
}
