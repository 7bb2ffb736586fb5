using System.Buffers.Binary;
using System.Text;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;

namespace Sora.Mailstore.Delivery;

/// <summary>Puts an arrived message into its recipients' mailboxes: one parse, one body, one commit for all of them.</summary>
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
        var list = await accounts.Get(recipient.Account).ListAsync(cancellationToken);
        if (Target(list, recipient) is not { } target)
            return new DeliveryOutcome(MailError.NoSuchMailbox());
        var operation = options.SuppressDuplicates ? DuplicateKey(request.Message, target.Id) : OperationId.None;
        var message = new AppendMessage(request.Message, Prefix(request, recipient), FlagSet.Empty, time.GetUtcNow());
        var result = await mailboxes.Get(target.Id).AppendAsync(new AppendRequest(operation, [message]), cancellationToken);
        return result.IsOk ? new DeliveryOutcome(null, result.Value.Repeated) : new DeliveryOutcome(result.Error);
    }

    private MailboxEntry? Target(MailboxList list, DeliveryRecipient recipient)
    {
        if (options.SaveToDetailMailbox && recipient.Detail is { Length: > 0 } detail
            && MailboxName.Parse(detail) is { IsOk: true } name && list.Find(name.Value) is { } mailbox)
        {
            return mailbox;
        }

        return list.Find(MailboxName.Inbox);
    }

    // The same message has the same key in the same mailbox, whichever process it comes to. Without a Message-ID nothing is taken for a repetition.
    private static OperationId DuplicateKey(IngestedMessage message, MailboxId mailbox)
    {
        if (string.IsNullOrEmpty(message.MessageId))
            return OperationId.None;
        var length = Encoding.UTF8.GetByteCount(message.MessageId);
        var key = new byte[ContentHash.Length + sizeof(long) + length];
        message.Hash.WriteTo(key);
        BinaryPrimitives.WriteInt64LittleEndian(key.AsSpan(ContentHash.Length), mailbox.Value);
        Encoding.UTF8.GetBytes(message.MessageId, key.AsSpan(ContentHash.Length + sizeof(long)));
        Span<byte> hash = stackalloc byte[32];
        Blake3Hasher.Hash(key, hash);
        return new OperationId(BinaryPrimitives.ReadUInt64LittleEndian(hash), BinaryPrimitives.ReadUInt64LittleEndian(hash[8..]));
    }

    // RFC 5321 section 4.4: Return-Path is the first line; then who it was delivered to, then how it came here.
    private static byte[] Prefix(DeliveryRequest request, DeliveryRecipient recipient)
    {
        var address = recipient.PrimaryAddress;
        if (recipient.Detail is { Length: > 0 } detail)
        {
            var at = address.LastIndexOf('@');
            address = $"{address[..at]}+{detail}{address[at..]}";
        }

        var head = Encoding.UTF8.GetBytes($"Return-Path: <{request.ReversePath}>\r\nDelivered-To: {address}\r\n");
        return [.. head, .. request.Received.Span];
    }
}
