using Sora.Contracts;

namespace Sora.Mailstore.Relay;

/// <summary>What may stand in the commands MAIL and RCPT: nothing that ends a path or a line, so that no address becomes a command of its own.</summary>
internal static class RelayEnvelope
{
    private const int MaxOperationId = 200;

    // RFC 3461 section 5.4
    private const int MaxOriginalRecipient = 500;
    private const int MaxEnvelopeId = 100;

    public static bool IsValid(RelayRequest request, int maxRecipients) =>
        request.OperationId.Length is > 0 and <= MaxOperationId
        && !request.OperationId.Contains('\0', StringComparison.Ordinal)
        && request.Recipients.Count > 0
        && request.Recipients.Count <= maxRecipients
        && (request.Sender.Length == 0 || RelayAddress.IsValid(request.Sender))
        && request.Return is null or "FULL" or "HDRS"
        && (request.EnvelopeId is not { } id || IsXtext(id, MaxEnvelopeId))
        && request.Recipients.All(static recipient => RelayAddress.IsValid(recipient.Address)
            && IsNotify(recipient.Notify)
            && IsOriginalRecipient(recipient.OriginalRecipient));

    // RFC 3461 section 4.1: NEVER stands alone, and no word stands twice
    private static bool IsNotify(string? notify)
    {
        if (notify is null or "NEVER")
            return true;
        var words = notify.Split(',');
        return Array.TrueForAll(words, static word => word is "SUCCESS" or "FAILURE" or "DELAY") && words.Distinct(StringComparer.Ordinal).Count() == words.Length;
    }

    // RFC 3461 section 4.2: addr-type ";" xtext; RFC 6533 section 3 adds a type with characters of its own
    private static bool IsOriginalRecipient(string? text)
    {
        if (text is null)
            return true;
        var end = text.IndexOf(';', StringComparison.Ordinal);
        return end > 0 && text.Length <= MaxOriginalRecipient
            && text.AsSpan(0, end).IndexOfAnyExcept(TypeCharacters) < 0
            && (text.StartsWith("utf-8;", StringComparison.OrdinalIgnoreCase)
                ? text[(end + 1)..].All(static c => c is > ' ' and not '\x7F' && !char.IsControl(c) && !char.IsSurrogate(c))
                : IsXtext(text[(end + 1)..], MaxOriginalRecipient));
    }

    private static readonly System.Buffers.SearchValues<char> TypeCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.");

    // RFC 3461 section 4: octets from "!" to "~" but "+" and "=", which stand for others in hexadecimal after a "+"
    private static bool IsXtext(string text, int max)
    {
        if (text.Length == 0 || text.Length > max)
            return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is < '!' or > '~' or '=')
                return false;
            if (text[i] != '+')
                continue;
            if (i + 2 >= text.Length || !IsUpperHex(text[i + 1]) || !IsUpperHex(text[i + 2]))
                return false;
            i += 2;
        }

        return true;
    }

    private static bool IsUpperHex(char c) => c is (>= '0' and <= '9') or (>= 'A' and <= 'F');
}
