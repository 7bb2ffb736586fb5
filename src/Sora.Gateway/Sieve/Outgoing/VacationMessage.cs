using System.Text;
using Sora.Sieve;

namespace Sora.Gateway.Sieve.Outgoing;

/// <summary>The answer of vacation (RFC 5230 section 5).</summary>
internal static class VacationMessage
{
    public static byte[] Make(VacationAction action, ReadOnlySpan<byte> header, string messageId, DateTimeOffset time) => new OutgoingHeader()
        .Raw($"Message-ID: {messageId}\r\n")
        .Date(time)
        .Addresses("From", action.From ?? action.OwnAddress)
        .Addresses("To", action.Recipient)
        .Text("Subject", action.ReplySubject, keepsEncodedWords: action.Subject is not null)
        .InReplyTo(header)
        .Raw("Auto-Submitted: auto-replied (vacation)\r\nPrecedence: bulk\r\nX-Auto-Response-Suppress: All\r\nMIME-Version: 1.0\r\n")
        .With(action.IsMime ? Entity(action.Reason) : OutgoingHeader.TextEntity(action.Reason));

    // A whole MIME entity, as the script has it; it must have an empty line behind its header
    private static byte[] Entity(string reason)
    {
        var text = reason.ReplaceLineEndings("\r\n");
        return Encoding.UTF8.GetBytes(text.StartsWith("\r\n", StringComparison.Ordinal) || text.Contains("\r\n\r\n", StringComparison.Ordinal)
            ? text
            : text.TrimEnd() + "\r\n\r\n");
    }
}
