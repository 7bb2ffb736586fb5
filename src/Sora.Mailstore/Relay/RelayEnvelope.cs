using Sora.Contracts;

namespace Sora.Mailstore.Relay;

/// <summary>What may stand in the commands MAIL and RCPT: nothing that ends a path or a line, so that no address becomes a command of its own.</summary>
internal static class RelayEnvelope
{
    // RFC 5321 section 4.5.3.1.3: a path has 256 octets with its angle brackets
    private const int MaxAddress = 254;
    private const int MaxOperationId = 200;

    // RFC 3461 sections 4.2 and 4.4
    private const int MaxOriginalRecipient = 500;
    private const int MaxEnvelopeId = 100;

    public static bool IsValid(RelayRequest request, int maxRecipients) =>
        request.OperationId.Length is > 0 and <= MaxOperationId
        && !request.OperationId.Contains('\0', StringComparison.Ordinal)
        && request.Recipients.Count > 0
        && request.Recipients.Count <= maxRecipients
        && (request.Sender.Length == 0 || IsAddress(request.Sender))
        && request.Return is null or "FULL" or "HDRS"
        && IsXtext(request.EnvelopeId, MaxEnvelopeId)
        && request.Recipients.All(static recipient => IsAddress(recipient.Address)
            && IsNotify(recipient.Notify)
            && IsXtext(recipient.OriginalRecipient, MaxOriginalRecipient));

    // A space, an angle bracket or a control would be read as the end of the path by many servers, quoted or not: no mailbox in use has one
    private static bool IsAddress(string address)
    {
        var at = address.LastIndexOf('@');
        return at > 0 && at < address.Length - 1 && System.Text.Encoding.UTF8.GetByteCount(address) <= MaxAddress
            && address.All(static c => c is > ' ' and not ('<' or '>' or '\x7F') && !char.IsControl(c) && !char.IsSurrogate(c));
    }

    // RFC 3461 section 4.1: NEVER stands alone
    private static bool IsNotify(string? notify) =>
        notify is null or "NEVER" || Array.TrueForAll(notify.Split(','), static word => word is "SUCCESS" or "FAILURE" or "DELAY");

    private static bool IsXtext(string? text, int max) =>
        text is null || (text.Length > 0 && text.Length <= max && text.All(static c => c is >= '!' and <= '~'));
}
