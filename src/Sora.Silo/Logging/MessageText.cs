using System.Globalization;
using System.Text;
using Serilog.Events;
using Serilog.Parsing;

namespace Sora.Silo.Logging;

/// <summary>The message of an event with its values filled in as they are: Serilog itself puts strings in quotes.</summary>
internal static class MessageText
{
    public static string Of(LogEvent logEvent)
    {
        var text = new StringBuilder();
        foreach (var token in logEvent.MessageTemplate.Tokens)
        {
            if (token is PropertyToken property && logEvent.Properties.TryGetValue(property.PropertyName, out var value))
                text.Append(Of(value, property.Format));
            else
                text.Append(token);
        }

        return text.ToString();
    }

    private static string Of(LogEventPropertyValue value, string? format) => value switch
    {
        ScalarValue { Value: null } => "(null)",
        ScalarValue { Value: IFormattable formattable } => formattable.ToString(format, CultureInfo.InvariantCulture),
        ScalarValue { Value: { } other } => other.ToString() ?? "",
        _ => value.ToString(format, CultureInfo.InvariantCulture),
    };
}
