using System.Buffers.Binary;
using System.Text;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;

namespace Sora.Mailstore.Delivery;

/// <summary>Puts an arrived message into its recipients' mailboxes: one parse, one body, and for each recipient one commit.</summary>
public sealed class MessageDelivery(IAccounts accounts, IMailboxes mailboxes, DeliveryOptions options, TimeProvider time) : IDelivery
{
    public async Task<IReadOnlyList<DeliveryOutcome>> DeliverAsync(DeliveryRequest request, CancellationToken cancellationToken)
    {
        if (request.Recipients.Count == 1)
            return [await DeliverAsync(request, request.Recipients[0], cancellationToken)];
        var deliveries = new Task<DeliveryOutcome>[request.Recipients.Count];
        for (var i = 0; i < deliveries.Length; i++)
            deliveries[i] = DeliverAsync(request, request.Recipients[i], cancellationToken);
        return await Task.WhenAll(deliveries);
    }

    private async Task<DeliveryOutcome> DeliverAsync(DeliveryRequest request, DeliveryRecipient recipient, CancellationToken cancellationToken)
    {
        if (recipient.Targets is { } targets)
            return await DeliverAsync(request, recipient, targets, cancellationToken);
        var list = await accounts.Get(recipient.Account).ListAsync(cancellationToken);
        if (list.Find(MailboxName.Inbox) is not { } inbox)
            return new DeliveryOutcome(MailError.NoSuchMailbox());
        var message = new AppendMessage(request.Message, Prefix(request, recipient), FlagSet.Empty, time.GetUtcNow());
        return await AppendAsync(inbox.Id, new AppendRequest(DuplicateKey(request.Message, inbox.Id), [message]), cancellationToken);
    }

    private async Task<DeliveryOutcome> DeliverAsync(
        DeliveryRequest request, DeliveryRecipient recipient, IReadOnlyList<DeliveryTarget> targets, CancellationToken cancellationToken)
    {
        if (targets.Count == 0)
            return new DeliveryOutcome(null);
        var appends = Appends(request, recipient, targets);
        if (appends.Count == 1)
            return await AppendAsync(appends[0].Mailbox, appends[0].Request, cancellationToken);
        var results = await mailboxes.AppendAllAsync(appends, cancellationToken);
        return results.IsOk ? new DeliveryOutcome(null, results.Value.All(static result => result.Repeated)) : new DeliveryOutcome(results.Error);
    }

    private async Task<DeliveryOutcome> AppendAsync(MailboxId mailbox, AppendRequest request, CancellationToken cancellationToken)
    {
        var result = await mailboxes.Get(mailbox).AppendAsync(request, cancellationToken);
        return result.IsOk ? new DeliveryOutcome(null, result.Value.Repeated) : new DeliveryOutcome(result.Error);
    }

    // A mailbox gets all that it gets in one request, so that it has one operation to remember
    private List<MailboxAppend> Appends(DeliveryRequest request, DeliveryRecipient recipient, IReadOnlyList<DeliveryTarget> targets)
    {
        var now = time.GetUtcNow();
        byte[]? prefix = null;
        var appends = new List<MailboxAppend>(targets.Count);
        foreach (var target in targets)
        {
            if (appends.Exists(append => append.Mailbox == target.Mailbox))
                continue;
            var messages = new List<AppendMessage>(1);
            var hasMessage = false;
            foreach (var same in targets)
            {
                if (same.Mailbox != target.Mailbox)
                    continue;
                hasMessage |= !same.IsAnotherMessage;
                messages.Add(same.Content is { } content
                    ? new AppendMessage(content, ReadOnlyMemory<byte>.Empty, same.Flags, now)
                    : new AppendMessage(request.Message, prefix ??= Prefix(request, recipient), same.Flags, now));
            }

            appends.Add(new MailboxAppend(target.Mailbox, new AppendRequest(DuplicateKey(request.Message, target.Mailbox, hasMessage), messages)));
        }

        return appends;
    }

    // The same message has the same key in the same mailbox, whichever process it comes to, however a script changes it. Without a Message-ID nothing is taken
    // for a repetition.
    private OperationId DuplicateKey(IngestedMessage message, MailboxId mailbox, bool hasMessage = true)
    {
        if (!options.SuppressDuplicates || string.IsNullOrEmpty(message.MessageId))
            return OperationId.None;
        var length = Encoding.UTF8.GetByteCount(message.MessageId);
        var key = new byte[ContentHash.Length + sizeof(long) + length + (hasMessage ? 0 : 1)];
        message.Hash.WriteTo(key);
        BinaryPrimitives.WriteInt64LittleEndian(key.AsSpan(ContentHash.Length), mailbox.Value);
        Encoding.UTF8.GetBytes(message.MessageId, key.AsSpan(ContentHash.Length + sizeof(long)));
        Span<byte> hash = stackalloc byte[32];
        Blake3Hasher.Hash(key, hash);
        return new OperationId(BinaryPrimitives.ReadUInt64LittleEndian(hash), BinaryPrimitives.ReadUInt64LittleEndian(hash[8..]));
    }

    private static byte[] Prefix(DeliveryRequest request, DeliveryRecipient recipient) =>
        DeliveryRequest.TraceFields(request.ReversePath, recipient, request.Received.Span);
}
