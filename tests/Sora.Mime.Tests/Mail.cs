using System.Text;

namespace Sora.Mime.Tests;

/// <summary>Test mail: written with \n, sent with CRLF; one char is one byte.</summary>
internal static class Mail
{
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static byte[] Crlf(string text) => Bytes(text.Replace("\r\n", "\n").Replace("\n", "\r\n"));

    public static MimeMessage Parse(string text) => MimeReader.Parse(Crlf(text));

    public static MimeMessage Parse(byte[] bytes, int chunk, MimeLimits? limits = null)
    {
        var reader = new MimeReader(limits);
        for (int i = 0; i < bytes.Length; i += chunk)
            reader.Write(bytes.AsSpan(i, Math.Min(chunk, bytes.Length - i)));
        return reader.Complete();
    }

    public static string Latin(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static string Body(byte[] mail, MimePart part) => Latin(mail.AsSpan((int)part.BodyStart, (int)part.Size));

    /// <summary>The structure in one line: types, offsets and lines.</summary>
    public static string Shape(MimePart part, bool offsets = false)
    {
        var text = new StringBuilder();
        Write(part, text, offsets);
        return text.ToString();
    }

    public static string Show(IReadOnlyList<MailAddress> addresses) => string.Join(' ', addresses.Select(Show));

    private static string Show(MailAddress a) => $"({Show(a.Name)} {Show(a.Route)} {Show(a.Mailbox)} {Show(a.Host)})";

    private static string Show(byte[]? value) => value is null ? "NIL" : $"\"{Latin(value)}\"";

    private static void Write(MimePart part, StringBuilder text, bool offsets)
    {
        text.Append(part.Type).Append('/').Append(part.Subtype);
        if (offsets)
        {
            text.Append($"[{part.HeaderStart},{part.BodyStart},{part.End},{part.Lines}]");
            foreach (var parameter in part.Parameters.Concat(part.DispositionParameters))
                text.Append($";{Latin(parameter.Name)}={Latin(parameter.Value)}");
            text.Append($"|{part.Encoding}|{part.Disposition}|{Show(part.Id)}{Show(part.Description)}{Show(part.Md5)}{Show(part.Location)}");
            text.AppendJoin(',', part.Languages.Select(tag => Latin(tag)));
            if (part.Envelope is { } e)
                text.Append($"{Show(e.Date)}{Show(e.Subject)}{Show(e.From)}{Show(e.Sender)}{Show(e.ReplyTo)}{Show(e.To)}{Show(e.Cc)}{Show(e.Bcc)}{Show(e.InReplyTo)}{Show(e.MessageId)}");
        }
        if (part.Message is not null)
        {
            text.Append('<');
            Write(part.Message, text, offsets);
            text.Append('>');
        }
        if (part.Children.Count == 0)
            return;
        text.Append('(');
        for (int i = 0; i < part.Children.Count; i++)
        {
            if (i > 0)
                text.Append(' ');
            Write(part.Children[i], text, offsets);
        }
        text.Append(')');
    }
}
