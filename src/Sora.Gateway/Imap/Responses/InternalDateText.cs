using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Responses;

/// <summary>date-time of INTERNALDATE (RFC 9051 section 9), in UTC: the index keeps the moment, not the zone.</summary>
internal static class InternalDateText
{
    private static readonly string[] Months =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    public static void Write(ImapWriter writer, long unixSeconds)
    {
        var date = DateTimeOffset.FromUnixTimeSeconds(unixSeconds);
        var text = new SpanText(writer.Output.GetSpan(32));
        text.Append((byte)'"');
        Two(ref text, date.Day, (byte)' ');
        text.Append((byte)'-');
        text.Append(Months[date.Month - 1]);
        text.Append((byte)'-');
        Two(ref text, date.Year / 100, (byte)'0');
        Two(ref text, date.Year % 100, (byte)'0');
        text.Append((byte)' ');
        Two(ref text, date.Hour, (byte)'0');
        text.Append((byte)':');
        Two(ref text, date.Minute, (byte)'0');
        text.Append((byte)':');
        Two(ref text, date.Second, (byte)'0');
        text.Append(" +0000\""u8);
        writer.Output.Advance(text.Length);
    }

    private static void Two(ref SpanText text, int value, byte pad)
    {
        text.Append(value < 10 ? pad : (byte)('0' + value / 10));
        text.Append((byte)('0' + value % 10));
    }
}
