using System.Security.Cryptography;
using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Lmtp;

/// <summary>
/// Sends bounces of redirected messages on to those who sent the messages: RCPT names the address that the message left with, which says whose it was. Nothing but
/// bounces is taken for such an address, so that nobody can send through it.
/// </summary>
public sealed class BounceReturn(IRelay relay, ISenderRewriting rewriting)
{
    private static readonly LmtpReply Queued = new(250, "2.0.0", "Report is on its way to the sender");

    // RFC 3463 section 3.5: X.4.6
    private static readonly LmtpReply Circling = new(554, "5.4.6", "Message has gone through too many hosts");

    /// <summary>The recipient that stands for the sender behind a rewritten address; it has no account. Null when the address is none.</summary>
    internal DeliveryRecipient? Find(string address) =>
        rewriting.Decode(address) is { } sender ? new DeliveryRecipient(address, default, sender, null) : null;

    /// <summary>Queues the message for those recipients, fills in their replies, and returns the others.</summary>
    /// <param name="all">Those recipients whose replies are still open, in their order.</param>
    /// <param name="message">What arrived.</param>
    /// <param name="received">The Received field of this host.</param>
    /// <param name="replies">A reply for each recipient of the transaction; null where it is open.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async ValueTask<List<DeliveryRecipient>> TakeAsync(
        List<DeliveryRecipient> all, IngestedMessage message, ReadOnlyMemory<byte> received, LmtpReply?[] replies, CancellationToken cancellationToken)
    {
        if (!all.Exists(IsReturn))
            return all;
        var others = new List<DeliveryRecipient>();
        var next = 0;
        foreach (var recipient in all)
        {
            while (replies[next] is not null)
                next++;
            if (IsReturn(recipient))
                replies[next] = await QueueAsync(recipient, message, received, cancellationToken);
            else
                others.Add(recipient);
            next++;
        }

        return others;
    }

    private static bool IsReturn(DeliveryRecipient recipient) => recipient.Account == default;

    private async ValueTask<LmtpReply> QueueAsync(
        DeliveryRecipient recipient, IngestedMessage message, ReadOnlyMemory<byte> received, CancellationToken cancellationToken)
    {
        // The same bounce for the same address is one, also when the client was not sure of the answer and sends it again
        var operation = Convert.ToHexStringLower(SHA256.HashData([.. message.Hash.ToArray(), .. Encoding.UTF8.GetBytes(recipient.ForwardPath)]));
        var offset = 0L;
        var request = new RelayRequest(
            $"return/{operation}", default, RelayKind.Report, "", [new RelayRecipient(recipient.PrimaryAddress, "NEVER")], received,
            async (buffer, token) =>
            {
                var count = await message.ReadAsync(offset, buffer, token);
                offset += count;
                return count;
            });
        return await relay.EnqueueAsync(request, cancellationToken) switch
        {
            RelayStatus.Queued or RelayStatus.AlreadyQueued => Queued,
            RelayStatus.TooLarge => LmtpReply.TooBig,
            RelayStatus.Invalid => LmtpReply.NoSuchUser,
            RelayStatus.Loop => Circling,
            _ => LmtpReply.Failure,
        };
    }
}
