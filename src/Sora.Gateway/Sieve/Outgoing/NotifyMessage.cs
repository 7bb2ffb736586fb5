using Sora.Mime;
using Sora.Sieve;
using Sora.Sieve.Messages;

namespace Sora.Gateway.Sieve.Outgoing;

/// <summary>The notification of the mailto method (RFC 5436 section 2.7).</summary>
internal static class NotifyMessage
{
    // Those that are made here, or are not for a script to set (RFC 5436 section 2.7)
    private static readonly HashSet<string> Ignored = new(StringComparer.OrdinalIgnoreCase)
    {
        "from", "sender", "reply-to", "return-path", "auto-submitted", "received", "message-id", "date", "to", "cc", "bcc", "subject", "body", "mime-version",
        "delivered-to",
    };

    /// <summary>To whom it goes: those of the path, of "to" and of "cc", and of "bcc" too, each once.</summary>
    public static IReadOnlyList<string> Recipients(MailtoUri uri)
    {
        var recipients = new List<string>(uri.To);
        foreach (var (name, value) in uri.Fields)
        {
            if (name is "cc" or "bcc")
                recipients.AddRange(Specs(value));
        }

        return [.. recipients.Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    public static byte[] Make(NotifyAction action, MailtoUri uri, string from, string owner, ReadOnlySpan<byte> header, string messageId, DateTimeOffset time)
    {
        var output = new OutgoingHeader()
            .Raw($"Auto-Submitted: auto-notified; owner-email=\"{owner.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"\r\n")
            .Date(time)
            .Raw($"Message-ID: {messageId}\r\n")
            .Addresses("From", from)
            .Addresses("To", string.Join(", ", uri.To));
        foreach (var (name, value) in uri.Fields)
        {
            if (name == "cc" && Specs(value) is { Count: > 0 } copies)
                output.Addresses("Cc", string.Join(", ", copies));
        }

        output.Text("Subject", action.Text ?? Field(uri, "subject") ?? SubjectOf(header));
        if (action.Importance != 2)
            output.Raw(action.Importance == 1 ? "Importance: high\r\nX-Priority: 1\r\n" : "Importance: low\r\nX-Priority: 5\r\n");
        foreach (var (name, value) in uri.Fields)
        {
            if (!Ignored.Contains(name) && !name.StartsWith("content-", StringComparison.Ordinal) && !name.StartsWith("resent-", StringComparison.Ordinal))
                output.Text(char.ToUpperInvariant(name[0]) + name[1..], value);
        }

        return output.InReferenceTo(header).Raw("MIME-Version: 1.0\r\n").With(OutgoingHeader.TextEntity(Field(uri, "body") ?? ""));
    }

    private static string? Field(MailtoUri uri, string name)
    {
        foreach (var field in uri.Fields)
        {
            if (field.Key == name)
                return field.Value;
        }

        return null;
    }

    private static string SubjectOf(ReadOnlySpan<byte> header) =>
        HeaderFields.TryFind(header, "Subject"u8, out var field) ? EncodedWord.Decode(field.Unfold()).Trim() : "";

    private static List<string> Specs(string list)
    {
        var specs = new List<string>();
        foreach (var part in list.Split(','))
        {
            if (SieveAddress.TryParse(part, out var spec))
                specs.Add(spec);
        }

        return specs;
    }
}
