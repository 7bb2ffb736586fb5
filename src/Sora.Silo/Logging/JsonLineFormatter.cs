using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace Sora.Silo.Logging;

/// <summary>
/// One JSON object on a line: time (UTC), level, node, category, event (the number in Log.cs), message, data (the values in the message by
/// their names) and error (an exception with its trace).
/// </summary>
internal sealed class JsonLineFormatter(string node) : ITextFormatter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            json.WriteStartObject();
            json.WriteString("time"u8, logEvent.Timestamp.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("level"u8, CategoryLevel.Word(logEvent.Level));
            json.WriteString("node"u8, node);
            if (TextLineFormatter.Category(logEvent) is { } category)
                json.WriteString("category"u8, category);
            if (EventNumber(logEvent) is { } number)
                json.WriteNumber("event"u8, number);
            json.WriteString("message"u8, MessageText.Of(logEvent));
            WriteData(logEvent, json);
            if (logEvent.Exception is { } exception)
                json.WriteString("error"u8, exception.ToString());
            json.WriteEndObject();
        }

        output.Write(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
        output.Write('\n');
    }

    private static void WriteData(LogEvent logEvent, Utf8JsonWriter json)
    {
        var began = false;
        foreach (var (name, value) in logEvent.Properties)
        {
            if (name is Constants.SourceContextPropertyName or "EventId")
                continue;
            if (!began)
                json.WriteStartObject("data"u8);
            began = true;
            json.WritePropertyName(name);
            WriteValue(value, json);
        }

        if (began)
            json.WriteEndObject();
    }

    private static void WriteValue(LogEventPropertyValue value, Utf8JsonWriter json)
    {
        switch ((value as ScalarValue)?.Value)
        {
            case null when value is ScalarValue:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case int or long or short or byte or uint or ushort:
                json.WriteNumberValue(Convert.ToInt64(((ScalarValue)value).Value, CultureInfo.InvariantCulture));
                break;
            case double number when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case var other:
                json.WriteStringValue(other is null
                    ? value.ToString(null, CultureInfo.InvariantCulture)
                    : Convert.ToString(other, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static long? EventNumber(LogEvent logEvent)
    {
        if (!logEvent.Properties.TryGetValue("EventId", out var value) || value is not StructureValue structure)
            return null;
        foreach (var property in structure.Properties)
        {
            if (property is { Name: "Id", Value: ScalarValue { Value: int id } })
                return id;
        }

        return null;
    }
}
