namespace Sora.Contracts;

/// <summary>One recipient of a transaction, as RCPT accepted it.</summary>
/// <param name="ForwardPath">The address as the client gave it, without angle brackets.</param>
/// <param name="Account">Whose account it is.</param>
/// <param name="PrimaryAddress">The account's primary address, without detail; Delivered-To shows it with the detail put in.</param>
/// <param name="Detail">What stands after <c>+</c> in the local part (RFC 5233), or null.</param>
public sealed record DeliveryRecipient(string ForwardPath, AccountId Account, string PrimaryAddress, string? Detail);

/// <summary>A message to be delivered to recipients who each get an own outcome.</summary>
/// <param name="Message">The staged message; the caller disposes it after all outcomes are there.</param>
/// <param name="ReversePath">MAIL FROM without angle brackets; empty for the null reverse-path.</param>
/// <param name="Received">The Received field that the gateway made (RFC 5321 section 4.4), whole lines with CRLF; may be empty.</param>
public sealed record DeliveryRequest(
    IngestedMessage Message, string ReversePath, ReadOnlyMemory<byte> Received, IReadOnlyList<DeliveryRecipient> Recipients);

/// <summary>What became of one recipient's copy. It is durable when <see cref="IsDelivered"/> is true.</summary>
public sealed record DeliveryOutcome(MailError? Error, bool WasDuplicate = false)
{
    public bool IsDelivered => Error is null;
}

public interface IDelivery
{
    /// <summary>Delivers to each recipient; the outcomes come in the recipients' order.</summary>
    Task<IReadOnlyList<DeliveryOutcome>> DeliverAsync(DeliveryRequest request, CancellationToken cancellationToken);
}
