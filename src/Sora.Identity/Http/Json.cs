using System.Text.Json;

namespace Sora.Identity.Http;

/// <summary>JSON that others have written.</summary>
internal static class Json
{
    // A name that comes twice can mean one thing here and another to who signed it (RFC 7519 section 4)
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>An object.</summary>
    /// <exception cref="MalformedAnswerException">It is none.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(json, Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
        }
        catch (JsonException)
        {
            // As what is JSON but no object
        }

        document?.Dispose();
        throw new MalformedAnswerException("It is no JSON object");
    }

    /// <summary>A member that is a string; null for none, and for one that is something else.</summary>
    public static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? TextOf(value) : null;

    /// <summary>A member that is a string or a list of strings; none when there is no such member. Null when it is something else.</summary>
    public static List<string>? Texts(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return [];
        if (value.ValueKind == JsonValueKind.String)
            return TextOf(value) is { } single ? [single] : null;
        if (value.ValueKind != JsonValueKind.Array)
            return null;
        var texts = new List<string>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String || TextOf(item) is not { } text)
                return null;
            texts.Add(text);
        }

        return texts;
    }

    /// <summary>A string whose escapes are half a character, or whose bytes are no UTF-8, is none.</summary>
    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
