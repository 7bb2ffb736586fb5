using System.Text;

namespace Sora.Contracts;

/// <summary>What a client asked for with a recipient (RFC 3461).</summary>
/// <param name="Notify">NOTIFY in capitals, such as <c>SUCCESS,FAILURE</c>; null when not given.</param>
/// <param name="OriginalRecipient">ORCPT, its xtext decoded, such as <c>rfc822;user@example.com</c>; null when not given.</param>
public sealed record RecipientParameters(string? Notify, string? OriginalRecipient);

/// <summary>A mailbox that gets a recipient's message, or another one that belongs to its delivery.</summary>
/// <param name="Mailbox">Of whatever account: what the recipient may do with it was asked before.</param>
/// <param name="Flags">Flags and keywords that the message gets.</param>
public sealed record DeliveryTarget(MailboxId Mailbox, FlagSet Flags)
{
    /// <summary>What is stored, whole, in the place of the message as it came behind its trace fields; null for that one.</summary>
    public IngestedMessage? Content { get; init; }

    /// <summary><see cref="Content"/> is another message than the one that is delivered: a copy of an answer (RFC 8580).</summary>
    public bool IsAnotherMessage { get; init; }
}

/// <summary>One recipient of a transaction, as RCPT accepted it.</summary>
/// <param name="ForwardPath">The address as the client gave it, without angle brackets.</param>
/// <param name="Account">Whose account it is.</param>
/// <param name="PrimaryAddress">The account's primary address, without detail.</param>
/// <param name="Detail">What stands after <c>+</c> in the local part (RFC 5233), or null.</param>
public sealed record DeliveryRecipient(string ForwardPath, AccountId Account, string PrimaryAddress, string? Detail)
{
    /// <summary>Parameters of RCPT; null when there were none.</summary>
    public RecipientParameters? Parameters { get; init; }

    /// <summary>
    /// Where the message goes, as scripts decided, each mailbox at most once for the message: all of them or none. Null for INBOX; empty for nowhere, which is a success.
    /// </summary>
    public IReadOnlyList<DeliveryTarget>? Targets { get; init; }

    /// <summary>What Delivered-To shows: the account's primary address with the detail that was asked for.</summary>
    public string DeliveredTo
    {
        get
        {
            var at = PrimaryAddress.LastIndexOf('@');
            return string.IsNullOrEmpty(Detail) || at < 0 ? PrimaryAddress : $"{PrimaryAddress.AsSpan(0, at)}+{Detail}{PrimaryAddress.AsSpan(at)}";
        }
    }
}

/// <summary>A message to be delivered to recipients who each get an own outcome.</summary>
/// <param name="Message">The staged message; the caller disposes it after all outcomes are there.</param>
/// <param name="ReversePath">MAIL FROM without angle brackets; empty for the null reverse-path.</param>
/// <param name="Received">The Received field that the gateway made (RFC 5321 section 4.4), whole lines with CRLF; may be empty.</param>
public sealed record DeliveryRequest(
    IngestedMessage Message, string ReversePath, ReadOnlyMemory<byte> Received, IReadOnlyList<DeliveryRecipient> Recipients)
{
    /// <summary>RFC 5321 section 4.4: Return-Path is the first line; then who it was delivered to, then how it came here.</summary>
    public static byte[] TraceFields(string reversePath, DeliveryRecipient recipient, ReadOnlySpan<byte> received) =>
        [.. Encoding.UTF8.GetBytes($"Return-Path: <{reversePath}>\r\nDelivered-To: {recipient.DeliveredTo}\r\n"), .. received];
}

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
