using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sora.Gateway.Sieve.Outgoing;

/// <summary>
/// The message disposition notification that tells a sender of a reject whose reason cannot be said in the protocol (RFC 5429 section 2.2.1, RFC 8098).
/// </summary>
internal static class RejectMessage
{
    private const string Words = "The message was refused by the recipient's mail filtering program. The reason given was as follows:\r\n\r\n";

    public static byte[] Make(
        string reason, string sender, string recipient, string? originalRecipient, string hostName, ReadOnlySpan<byte> header, string messageId, DateTimeOffset time)
    {
        // RFC 6533: addresses that are not ASCII have a type and a form of their own
        var isGlobal = !Ascii.IsValid(recipient) || !Ascii.IsValid(sender) || (originalRecipient is not null && !Ascii.IsValid(originalRecipient));
        var isEightBit = !Ascii.IsValid(header);
        var boundary = "=_" + RandomNumberGenerator.GetHexString(24, lowercase: true);
        var body = new StringBuilder();
        body.Append(CultureInfo.InvariantCulture, $"\r\n--{boundary}\r\nContent-Type: message/{(isGlobal ? "global-" : "")}disposition-notification\r\n{EightBit(isGlobal)}\r\n");
        body.Append(CultureInfo.InvariantCulture, $"Reporting-UA: {hostName}; Sora\r\n");
        if (originalRecipient is not null)
            body.Append(CultureInfo.InvariantCulture, $"Original-Recipient: {originalRecipient}\r\n");
        body.Append(CultureInfo.InvariantCulture, $"Final-Recipient: {(Ascii.IsValid(recipient) ? "rfc822" : "utf-8")};{recipient}\r\n");
        if (MessageIdOf(header) is { } original)
            body.Append(CultureInfo.InvariantCulture, $"Original-Message-ID: {original}\r\n");
        body.Append("Disposition: automatic-action/MDN-sent-automatically; deleted\r\n");
        body.Append(CultureInfo.InvariantCulture, $"\r\n--{boundary}\r\nContent-Type: {(isEightBit && System.Text.Unicode.Utf8.IsValid(header) ? "message/global-headers" : "text/rfc822-headers")}\r\n{EightBit(isEightBit)}\r\n");
        return new OutgoingHeader()
            .Raw($"Message-ID: {messageId}\r\n")
            .Date(time)
            .Addresses("From", recipient)
            .Addresses("To", sender)
            .Text("Subject", "Your message was refused")
            .InReplyTo(header)
            .Raw("Auto-Submitted: auto-replied (rejected)\r\nMIME-Version: 1.0\r\n")
            .Raw($"Content-Type: multipart/report; report-type={(isGlobal ? "global-" : "")}disposition-notification;\r\n\tboundary=\"{boundary}\"\r\n{EightBit(isGlobal || isEightBit)}\r\n--{boundary}\r\n")
            .Raw(OutgoingHeader.TextEntity(Words + reason))
            .Raw(body.ToString())
            .Raw(header.TrimEnd("\r\n"u8))
            .With(Encoding.ASCII.GetBytes($"\r\n\r\n--{boundary}--\r\n"));
    }

    private static string EightBit(bool isEightBit) => isEightBit ? "Content-Transfer-Encoding: 8bit\r\n" : "";

    private static string? MessageIdOf(ReadOnlySpan<byte> header) =>
        Sora.Mime.HeaderFields.TryFind(header, "Message-ID"u8, out var field) ? Encoding.UTF8.GetString(field.Unfold()).Trim() : null;
}
