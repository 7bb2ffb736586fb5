using System.Buffers;
using System.Text;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;

namespace Sora.Sieve;

/// <summary>What a report is made of besides the action.</summary>
public sealed record SieveReportSource
{
    /// <summary>The message that the script ran on.</summary>
    public required SieveMessage Message { get; init; }

    /// <summary>Its envelope, or null.</summary>
    public SieveEnvelope? Envelope { get; init; }

    /// <summary>Who sends the report: an address, with a name or without.</summary>
    public required string From { get; init; }

    /// <summary>The reporting program with its version, such as <c>Sora/1.0</c>.</summary>
    public required string UserAgent { get; init; }

    /// <summary>The report's own Message-ID with its angle brackets.</summary>
    public required string MessageId { get; init; }

    /// <summary>When the report is made.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Largest message that goes into the report, in bytes; of a larger one the header does.</summary>
    public int MaxMessageSize { get; init; } = SieveLimits.Default.MaxNewMessageSize;
}

/// <summary>Writes the message of a <c>report</c>: an email feedback report (RFC 5965).</summary>
public static class SieveReport
{
    /// <summary>The whole message.</summary>
    public static async ValueTask<byte[]> WriteAsync(ReportAction action, SieveReportSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(action);
        ArgumentNullException.ThrowIfNull(source);
        var header = action.Message?.Header ?? source.Message.Header;
        var original = action.IsHeadersOnly ? null : await ReadAsync(action, source, header, cancellationToken);
        var boundary = NewMessage.Boundary("=_report_", original ?? header.ToArray());
        var output = new ArrayBufferWriter<byte>();
        Head(output, action, source, boundary, HeaderBlock.Parse(header));
        Line(output, $"--{boundary}");
        output.Write(NewMessage.TextEntity(action.Text));
        Line(output, "");
        Line(output, $"--{boundary}");
        Feedback(output, action, source);
        Line(output, $"--{boundary}");
        Line(output, original is null ? "Content-Type: text/rfc822-headers" : "Content-Type: message/rfc822");
        Line(output, "Content-Disposition: attachment");
        if (!Ascii.IsValid(original ?? header.Span))
            Line(output, "Content-Transfer-Encoding: 8bit");
        Line(output, "");
        output.Write(original ?? header.Span);
        Line(output, "");
        Line(output, $"--{boundary}--");
        return output.WrittenSpan.ToArray();
    }

    private static void Head(ArrayBufferWriter<byte> output, ReportAction action, SieveReportSource source, string boundary, HeaderBlock header)
    {
        var subject = "message";
        foreach (var entry in header.Find(HeaderName.From("Subject")))
            subject = entry.Value.Text;
        output.Write(HeaderFieldWriter.Write("Message-ID", source.MessageId));
        output.Write(HeaderFieldWriter.Write("Date", DatePart.Get("std11", source.Time)!));
        output.Write(HeaderFieldWriter.Write("From", source.From));
        output.Write(HeaderFieldWriter.Write("To", $"<{action.Recipient}>"));
        output.Write(HeaderFieldWriter.Write("Subject", $"Report: {subject}"));
        Line(output, "Auto-Submitted: auto-generated (report)");
        Line(output, "MIME-Version: 1.0");
        Line(output, $"Content-Type: multipart/report; report-type=feedback-report;\r\n boundary=\"{boundary}\"");
        Line(output, "");
    }

    // RFC 5965 sections 3.1 and 3.2
    private static void Feedback(ArrayBufferWriter<byte> output, ReportAction action, SieveReportSource source)
    {
        Line(output, "Content-Type: message/feedback-report");
        Line(output, "");
        output.Write(HeaderFieldWriter.Write("Feedback-Type", action.FeedbackType));
        output.Write(HeaderFieldWriter.Write("User-Agent", source.UserAgent));
        Line(output, "Version: 1");
        if (source.Envelope is { } envelope)
        {
            output.Write(HeaderFieldWriter.Write("Original-Mail-From", $"<{envelope.From}>"));
            if (envelope.To.Length > 0)
                output.Write(HeaderFieldWriter.Write("Original-Rcpt-To", $"<{envelope.To}>"));
        }

        Line(output, "");
    }

    // Null for a message that is larger than the limit
    private static async ValueTask<byte[]?> ReadAsync(ReportAction action, SieveReportSource source, ReadOnlyMemory<byte> header, CancellationToken cancellationToken)
    {
        var message = source.Message;
        var output = new ArrayBufferWriter<byte>();
        output.Write(header.Span);
        if (action.Message?.Body is { } body)
        {
            output.Write(body.Span);
            return output.WrittenCount <= source.MaxMessageSize ? output.WrittenSpan.ToArray() : null;
        }

        var at = message.Root.BodyStart;
        if (output.WrittenCount + (message.Size - at) > source.MaxMessageSize)
            return null;
        while (at < message.Size)
        {
            var count = await message.ReadAsync(at, output.GetMemory(32 * 1024), cancellationToken);
            if (count == 0)
                break;
            output.Advance(count);
            at += count;
        }

        return output.WrittenSpan.ToArray();
    }

    private static void Line(ArrayBufferWriter<byte> output, string text)
    {
        output.Write(Encoding.ASCII.GetBytes(text));
        output.Write("\r\n"u8);
    }
}
