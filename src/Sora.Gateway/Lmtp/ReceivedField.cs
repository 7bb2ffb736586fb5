using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Sora.Gateway.Lmtp;

/// <summary>Makes the trace field of RFC 5321 section 4.4.</summary>
internal static class ReceivedField
{
    private static readonly string[] Days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    private static readonly string[] Months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    /// <summary>The folded field with CRLF. Recipients are named only when there is one: a Bcc must not be told to the others.</summary>
    public static byte[] Make(LmtpSession session, LmtpTransaction transaction, string id)
    {
        var field = new StringBuilder(320).Append("Received: from ").Append(session.ClientName).Append(" (");
        if (session.Forwarded?.Name is { } name)
            field.Append(name).Append(' ');
        field.Append('[');
        var address = session.Connection.Remote.Address;
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            field.Append("IPv6:");
        field.Append(address).Append("])\r\n\tby ").Append(session.Server.HostName).Append(" with ");
        if (transaction.SmtpUtf8)
            field.Append("UTF8");
        field.Append(session.Connection.IsTls ? "LMTPS id " : "LMTP id ").Append(id);
        if (session.Connection.IsTls)
            field.Append("\r\n\t(using ").Append(session.Connection.TlsDescription).Append(')');
        if (transaction.Recipients is [var recipient])
            field.Append("\r\n\tfor <").Append(recipient.ForwardPath).Append('>');
        field.Append(";\r\n\t");
        AppendDate(field, session.Server.Time.GetUtcNow());
        return Encoding.UTF8.GetBytes(field.Append("\r\n").ToString());
    }

    /// <summary>date-time of RFC 5322 section 3.3, in UTC: the server's zone is nobody's business.</summary>
    private static void AppendDate(StringBuilder field, DateTimeOffset now) =>
        field.Append(Days[(int)now.DayOfWeek]).Append(", ")
            .Append(CultureInfo.InvariantCulture, $"{now.Day} ").Append(Months[now.Month - 1])
            .Append(CultureInfo.InvariantCulture, $" {now.Year:0000} {now.Hour:00}:{now.Minute:00}:{now.Second:00} +0000");
}
