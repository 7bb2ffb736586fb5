using System.Globalization;

namespace Sora.Sieve.Runtime;

/// <summary>The parts of a date (RFC 5260 section 4.2).</summary>
internal static class DatePart
{
    private static readonly DateTime ModifiedJulianEpoch = new(1858, 11, 17);

    /// <summary>All names.</summary>
    public static IEnumerable<string> Names { get; } =
        ["year", "month", "day", "date", "julian", "hour", "minute", "second", "time", "iso8601", "std11", "zone", "weekday"];

    /// <summary>A part by its name, without regard to case; null when there is none of that name.</summary>
    public static string? Get(string name, DateTimeOffset time) => name.ToLowerInvariant() switch
    {
        "year" => Format(time, "yyyy"),
        "month" => Format(time, "MM"),
        "day" => Format(time, "dd"),
        "date" => Format(time, "yyyy-MM-dd"),
        "julian" => (time.DateTime.Date - ModifiedJulianEpoch).Days.ToString(CultureInfo.InvariantCulture),
        "hour" => Format(time, "HH"),
        "minute" => Format(time, "mm"),
        "second" => Format(time, "ss"),
        "time" => Format(time, "HH:mm:ss"),
        "iso8601" => Format(time, "yyyy-MM-dd'T'HH:mm:ss") + (time.Offset == TimeSpan.Zero ? "Z" : Zone(time, ":")),
        "std11" => Format(time, "ddd, dd MMM yyyy HH:mm:ss ") + Zone(time, ""),
        "zone" => Zone(time, ""),
        "weekday" => ((int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    private static string Format(DateTimeOffset time, string format) => time.ToString(format, CultureInfo.InvariantCulture);

    private static string Zone(DateTimeOffset time, string separator)
    {
        var offset = time.Offset.Duration();
        return string.Create(
            CultureInfo.InvariantCulture, $"{(time.Offset < TimeSpan.Zero ? '-' : '+')}{(int)offset.TotalHours:00}{separator}{offset.Minutes:00}");
    }
}
