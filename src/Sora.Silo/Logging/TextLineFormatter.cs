using System.Globalization;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace Sora.Silo.Logging;

/// <summary>
/// "2026-03-01 12:00:00.123Z warning Sora.Gateway.Imap: text". Control characters in the text, which may come from a client, are shown as
/// \u000a and the like: nobody can forge a line of the log.
/// </summary>
internal sealed class TextLineFormatter : ITextFormatter
{
    public void Format(LogEvent logEvent, TextWriter output)
    {
        output.Write(logEvent.Timestamp.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff'Z' ", CultureInfo.InvariantCulture));
        output.Write(CategoryLevel.Word(logEvent.Level));
        output.Write(' ');
        if (Category(logEvent) is { } category)
        {
            output.Write(category);
            output.Write(": ");
        }

        WriteVisible(MessageText.Of(logEvent), output);
        output.Write('\n');
        if (logEvent.Exception is { } exception)
        {
            foreach (var line in exception.ToString().Split('\n'))
            {
                output.Write("    ");
                WriteVisible(line.TrimEnd('\r'), output);
                output.Write('\n');
            }
        }
    }

    internal static string? Category(LogEvent logEvent) =>
        logEvent.Properties.TryGetValue(Constants.SourceContextPropertyName, out var value) && value is ScalarValue { Value: string category }
            ? category
            : null;

    private static void WriteVisible(string text, TextWriter output)
    {
        foreach (var c in text)
        {
            if (char.IsControl(c) && c != '\t')
                output.Write(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"));
            else
                output.Write(c);
        }
    }
}
