using System.Text;
using Microsoft.Extensions.Logging;
using Sora.Contracts;

namespace Sora.Relay;

/// <summary>Delivers reports to senders who have an account here, without a detour over a host.</summary>
internal sealed class LocalReports(
    IRelayQueue queue, IAccounts accounts, IIntakes intakes, IDelivery delivery, string recipientDelimiter, string hostName, TimeProvider time, ILogger logger)
{
    /// <summary>The recipient whose account is here; null when there is none.</summary>
    public async Task<DeliveryRecipient?> FindAsync(string address, CancellationToken cancellationToken)
    {
        // As RCPT of LMTP finds it: without the detail first
        var at = address.LastIndexOf('@');
        var delimiter = address.AsSpan(0, at).IndexOfAny(recipientDelimiter);
        if (delimiter > 0 && await accounts.FindAsync(address[..delimiter] + address[at..], cancellationToken) is { } owner)
            return new DeliveryRecipient(address, owner.Account, owner.PrimaryAddress, address[(delimiter + 1)..at]);
        return await accounts.FindAsync(address, cancellationToken) is { } found
            ? new DeliveryRecipient(address, found.Account, found.PrimaryAddress, null)
            : null;
    }

    public async Task<Delivery> DeliverAsync(RelayWork work, RelayTarget target, DeliveryRecipient recipient, CancellationToken cancellationToken)
    {
        var error = await TryAsync(work, recipient, cancellationToken);
        if (error is null)
            return new Delivery(target, RelayFate.Sent, new RelayReply(0, "2.1.5", "Delivered here")) { IsFinal = true };
        Log.LocalFailed(logger, work.Message, recipient.ForwardPath, error.Text);
        return new Delivery(target, RelayFate.Deferred, new RelayReply(0, "4.3.0", error.Text));
    }

    private async Task<MailError?> TryAsync(RelayWork work, DeliveryRecipient recipient, CancellationToken cancellationToken)
    {
        await using var intake = intakes.Begin(work.Size, work.Size);
        await foreach (var piece in QueuedMessage.ReadAsync(queue, work, cancellationToken))
            await intake.WriteAsync(piece, cancellationToken);
        var message = await intake.CompleteAsync(cancellationToken);
        if (!message.IsOk)
            return message.Error;
        await using (message.Value)
        {
            var outcomes = await delivery.DeliverAsync(new DeliveryRequest(message.Value, work.Sender, Received(work), [recipient]), cancellationToken);
            return outcomes[0].Error;
        }
    }

    // RFC 5321 section 4.4; Opt-info of a message that came by no protocol
    private byte[] Received(RelayWork work) => Encoding.UTF8.GetBytes(
        $"Received: by {hostName} id relay{work.Message};\r\n\t{time.GetUtcNow().ToString("ddd, dd MMM yyyy HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture)} +0000\r\n");
}
