using System.Text;

namespace Sora.Histories.Wire;

/// <summary>Messages that say who they are.</summary>
public static class HistoryMail
{
    /// <summary>The field that has the identity.</summary>
    public const string Field = "X-Sora-History";

    public static byte[] Make(string identity, int size)
    {
        var message = new StringBuilder(size + 400)
            .Append("Date: Sat, 28 Nov 2026 10:00:00 +0000\r\nFrom: <sender@example.org>\r\nTo: <somebody@example.com>\r\nSubject: ").Append(identity)
            .Append("\r\nMessage-ID: <").Append(identity).Append("@history.example>\r\n").Append(Field).Append(": ").Append(identity).Append("\r\n\r\n");
        while (message.Length < size)
            message.Append(identity).Append(" and so on and so forth\r\n");
        return Encoding.ASCII.GetBytes(message.ToString());
    }

    /// <summary>The identity in a header block, or "" for a message of somebody else.</summary>
    public static string IdentityOf(string header)
    {
        var at = header.IndexOf(Field + ": ", StringComparison.OrdinalIgnoreCase);
        return at < 0 ? "" : header[(at + Field.Length + 2)..].Split('\r')[0].Trim();
    }
}
