using System.Globalization;
using System.Text;
using Sora.Contracts;

namespace Sora.Relay.Reports;

/// <summary>Writes delivery status notifications: multipart/report (RFC 6522) with a message/delivery-status (RFC 3464) or its form of RFC 6533.</summary>
internal sealed class ReportWriter(IRelayQueue queue, RelayReportOptions options, string hostName, TimeProvider time)
{
    private const int LineLength = 76;

    public string From { get; } = options.From ?? "MAILER-DAEMON@" + hostName;

    /// <summary>A report about some recipients of a message, as a message to be queued.</summary>
    /// <param name="work">The message.</param>
    /// <param name="recipients">Those recipients.</param>
    /// <param name="to">Who hears of it: the message's sender, but for a message that has none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<RelayRequest> WriteAsync(RelayWork work, IReadOnlyList<ReportedRecipient> recipients, string to, CancellationToken cancellationToken)
    {
        var first = await queue.ReadAsync(work.Message, 0, cancellationToken) ?? [];
        var header = Header(first, out var isCut);

        // RFC 3461 section 6.2: the whole message only when it is asked for, comes back undelivered, and is not too large
        var isWhole = work.Return == "FULL" && !isCut && work.Size <= options.MaxReturn.Bytes && recipients.Any(static recipient => recipient.Action == ReportAction.Failed);
        var returned = isWhole ? await ReadAsync(work, first, cancellationToken) : header.ToArray();

        // RFC 6533 section 3: addresses that are not ASCII have a type and a form of their own
        var isGlobal = recipients.Any(static recipient => !Ascii.IsValid(recipient.Target.Recipient.Address)) || !Ascii.IsValid(to);
        using var report = new MemoryStream();
        var now = time.GetUtcNow();
        var boundary = string.Create(CultureInfo.InvariantCulture, $"report-{work.Message}-{Guid.NewGuid():N}");
        Write(report, Head(work, recipients, to, boundary, now, isGlobal));
        Write(report, $"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n{Encoding8(isGlobal)}\r\n{Text(work, recipients)}\r\n");
        Write(report, $"--{boundary}\r\nContent-Type: message/{(isGlobal ? "global-" : "")}delivery-status\r\n{Encoding8(isGlobal)}\r\n");
        Write(report, Status(work, recipients, isGlobal));
        Write(report, $"--{boundary}\r\nContent-Type: {ReturnedType(work, isWhole)}\r\n{Encoding8(!Ascii.IsValid(returned))}\r\n");
        report.Write(returned);
        if (returned is not [.., (byte)'\n'])
            Write(report, "\r\n");
        Write(report, $"\r\n--{boundary}--\r\n");
        return new RelayRequest($"report/{work.Message}/{work.Lease:N}", default, RelayKind.Report, "", [new RelayRecipient(to, "NEVER")], report.ToArray());
    }

    private static void Write(MemoryStream stream, string text) => stream.Write(Encoding.UTF8.GetBytes(text));

    private static string Encoding8(bool isEightBit) => isEightBit ? "Content-Transfer-Encoding: 8bit\r\n" : "";

    private static string ReturnedType(RelayWork work, bool isWhole)
    {
        var isGlobal = work.Content.HasFlag(RelayContent.EightBitHeader);
        return isWhole ? isGlobal ? "message/global" : "message/rfc822" : isGlobal ? "message/global-headers" : "text/rfc822-headers";
    }

    private string Head(RelayWork work, IReadOnlyList<ReportedRecipient> recipients, string to, string boundary, DateTimeOffset now, bool isGlobal)
    {
        var subject = recipients.Any(static recipient => recipient.Action == ReportAction.Failed) ? "Undelivered mail returned to its sender"
            : recipients.Any(static recipient => recipient.Action == ReportAction.Delayed) ? "Delayed mail, still being tried"
            : "Mail was sent on";
        return $"""
            From: Mail Delivery System <{From}>
            To: {(isGlobal || Ascii.IsValid(to) ? $"<{to}>" : "undisclosed-recipients:;")}
            Subject: {subject}
            Date: {now.ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture)} +0000
            Message-ID: <report.{work.Message}.{work.Lease:N}@{hostName}>
            Auto-Submitted: auto-replied
            MIME-Version: 1.0
            Content-Type: multipart/report; report-type={(isGlobal ? "global-" : "")}delivery-status;
            {"\t"}boundary="{boundary}"
            {Encoding8(isGlobal || work.Content != RelayContent.SevenBit)}

            """.ReplaceLineEndings("\r\n");
    }

    private string Text(RelayWork work, IReadOnlyList<ReportedRecipient> recipients)
    {
        var text = new StringBuilder();
        Append(text, $"This is the mail system at {hostName}.");
        text.Append("\r\n");
        Section(ReportAction.Failed, "Your message could not be delivered to these addresses, and is not tried any more:");
        Section(ReportAction.Delayed, "Your message has not been delivered to these addresses yet. It is still being tried, and you need not send it again:");
        Section(ReportAction.Delivered, "Your message was delivered to these addresses:");
        Section(ReportAction.Relayed, "Your message was sent on for these addresses to a system that will not report of its delivery:");
        if (work.Kind == RelayKind.Redirect)
            Append(text, "The addresses are those that a recipient of your message has it redirected to.");
        return text.ToString();

        void Section(ReportAction action, string title)
        {
            var some = recipients.Where(recipient => recipient.Action == action).ToList();
            if (some.Count == 0)
                return;
            Append(text, title);
            text.Append("\r\n");
            foreach (var recipient in some)
            {
                text.Append(CultureInfo.InvariantCulture, $"<{recipient.Target.Recipient.Address}>\r\n");
                if (action is ReportAction.Failed or ReportAction.Delayed)
                    Append(text, (recipient.Reply.Host.Length > 0 ? recipient.Reply.Host + " said: " : "") + recipient.Reply, "    ");
                text.Append("\r\n");
            }
        }
    }

    // Folded at blanks: RFC 5322 section 2.1.1
    private static void Append(StringBuilder text, string paragraph, string indent = "")
    {
        var column = 0;
        foreach (var word in paragraph.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (column > 0 && column + 1 + word.Length > LineLength)
            {
                text.Append("\r\n");
                column = 0;
            }

            var before = column == 0 ? indent : " ";
            text.Append(before).Append(word);
            column += before.Length + word.Length;
        }

        text.Append("\r\n");
    }

    /// <summary>delivery-status-content = per-message-fields 1*( CRLF per-recipient-fields )</summary>
    private string Status(RelayWork work, IReadOnlyList<ReportedRecipient> recipients, bool isGlobal)
    {
        var text = new StringBuilder();
        if (work.EnvelopeId is { } id)
            Field(text, "Original-Envelope-Id", Xtext.Decode(id));

        // RFC 3461 section 6.3 b
        Field(text, "Reporting-MTA", $"{(hostName.Contains('.', StringComparison.Ordinal) || hostName.StartsWith('[') ? "dns" : "x-local-hostname")}; {hostName}");
        Field(text, "Arrival-Date", Date(work.QueuedAt));
        foreach (var (target, action, status, reply) in recipients)
        {
            text.Append("\r\n");
            if (target.Recipient.OriginalRecipient is { } original)
                Field(text, "Original-Recipient", Original(original, isGlobal));
            Field(text, "Final-Recipient", $"{(Ascii.IsValid(target.Recipient.Address) ? "rfc822" : "utf-8")}; {target.Recipient.Address}");
            Field(text, "Action", action.ToString().ToLowerInvariant());
            Field(text, "Status", status);
            if (reply.Host.Length > 0)
                Field(text, "Remote-MTA", "dns; " + reply.Host);
            if (reply.Text.Length > 0)
                Field(text, "Diagnostic-Code", $"{(reply.Code == 0 ? "x-sora" : "smtp")}; {(isGlobal ? reply.ToString() : ToAscii(reply.ToString()))}");

            // What has had its time was not tried this time, and when it last was nobody knows any more
            if (target is { Attempts: > 0, IsExpired: false })
                Field(text, "Last-Attempt-Date", Date(time.GetUtcNow()));
            if (action == ReportAction.Delayed)
                Field(text, "Will-Retry-Until", Date(target.ExpiresAt));
        }

        return text.Append("\r\n").ToString();
    }

    private static void Field(StringBuilder text, string name, string value)
    {
        // A line is folded where it has blanks; what has none stays whole
        var line = new StringBuilder(name).Append(": ");
        var column = line.Length;
        var isFirst = true;
        foreach (var word in value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!isFirst && column + 1 + word.Length > LineLength)
            {
                line.Append("\r\n ");
                column = 1;
            }
            else if (!isFirst)
            {
                line.Append(' ');
                column++;
            }

            line.Append(word);
            column += word.Length;
            isFirst = false;
        }

        text.Append(line).Append("\r\n");
    }

    // RFC 3461 section 6.3 d: the value of ORCPT, whose xtext is undone (section 4.2)
    private static string Original(string original, bool isGlobal)
    {
        var end = original.IndexOf(';', StringComparison.Ordinal);
        var address = Xtext.Decode(original[(end + 1)..]);
        return original[..end] + "; " + (isGlobal || Ascii.IsValid(address) ? address : original[(end + 1)..]);
    }

    private static string ToAscii(string text) => string.Create(text.Length, text, static (ascii, text) =>
    {
        for (var i = 0; i < ascii.Length; i++)
            ascii[i] = text[i] < 128 ? text[i] : '?';
    });

    private static string Date(DateTimeOffset time) => time.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture) + " +0000";

    /// <summary>The header without the empty line after it; cut after a whole line when it is too long.</summary>
    private ReadOnlySpan<byte> Header(byte[] message, out bool isCut)
    {
        var at = 0;
        isCut = false;
        while (at < message.Length && message[at] is not ((byte)'\n' or (byte)'\r'))
        {
            var end = Array.IndexOf(message, (byte)'\n', at);
            var next = end < 0 ? message.Length : end + 1;
            if (next > options.MaxHeader.Bytes)
            {
                isCut = true;
                break;
            }

            at = next;
        }

        return message.AsSpan(0, at);
    }

    private async Task<byte[]> ReadAsync(RelayWork work, byte[] first, CancellationToken cancellationToken)
    {
        if (first.Length == work.Size)
            return first;
        using var whole = new MemoryStream((int)work.Size);
        await foreach (var piece in QueuedMessage.ReadAsync(queue, work, cancellationToken))
            whole.Write(piece);
        return whole.ToArray();
    }
}
