using System.Globalization;

namespace Sora.Configuration.Toml;

/// <summary>
/// One of the four date-time kinds of TOML, field by field (RFC 3339 5.6): .NET's own types know neither the year 0, nor a leap second,
/// nor offsets beyond 14 hours. Fields that the kind does not have are 0; the offset is in minutes east of UTC.
/// </summary>
public readonly record struct TomlDateTime(
    TomlKind Kind, int Year, int Month, int Day, int Hour, int Minute, int Second, int Nanosecond, int OffsetMinutes)
{
    /// <summary>Reads a whole token; false when it is none of the four kinds or no such day or time exists.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TomlDateTime value)
    {
        value = default;
        int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, nanosecond = 0, offset = 0;
        var hasDate = text.Length >= 10 && text[4] == '-';
        if (hasDate)
        {
            if (!TryReadDate(text[..10], out year, out month, out day))
            {
                return false;
            }

            text = text[10..];
            if (text.IsEmpty)
            {
                value = new TomlDateTime(TomlKind.LocalDate, year, month, day, 0, 0, 0, 0, 0);
                return true;
            }

            if (text[0] is not ('T' or 't' or ' '))
            {
                return false;
            }

            text = text[1..];
        }

        if (!TryReadTime(ref text, out hour, out minute, out second, out nanosecond))
        {
            return false;
        }

        var kind = hasDate ? TomlKind.LocalDateTime : TomlKind.LocalTime;
        if (!text.IsEmpty)
        {
            if (!hasDate || !TryReadOffset(text, out offset))
            {
                return false;
            }

            kind = TomlKind.OffsetDateTime;
        }

        value = new TomlDateTime(kind, year, month, day, hour, minute, second, nanosecond, offset);
        return true;
    }

    /// <summary>The notation of RFC 3339 with as many digits of the fraction as are not zero.</summary>
    public override string ToString()
    {
        var date = string.Create(CultureInfo.InvariantCulture, $"{Year:D4}-{Month:D2}-{Day:D2}");
        var fraction = Nanosecond == 0 ? "" : "." + Nanosecond.ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0');
        var time = string.Create(CultureInfo.InvariantCulture, $"{Hour:D2}:{Minute:D2}:{Second:D2}{fraction}");
        var minutes = Math.Abs(OffsetMinutes);
        return Kind switch
        {
            TomlKind.LocalDate => date,
            TomlKind.LocalTime => time,
            TomlKind.LocalDateTime => $"{date}T{time}",
            _ when OffsetMinutes == 0 => $"{date}T{time}Z",
            _ => string.Create(
                CultureInfo.InvariantCulture, $"{date}T{time}{(OffsetMinutes < 0 ? '-' : '+')}{minutes / 60:D2}:{minutes % 60:D2}"),
        };
    }

    private static bool TryReadDate(ReadOnlySpan<char> text, out int year, out int month, out int day)
    {
        month = day = 0;
        if (!TryReadDigits(text[..4], out year) || text[4] != '-' || !TryReadDigits(text[5..7], out month) || text[7] != '-'
            || !TryReadDigits(text[8..], out day) || month is < 1 or > 12)
        {
            return false;
        }

        // The year 0 is a leap year in the calendar of RFC 3339, as 2000 is
        return day >= 1 && day <= DateTime.DaysInMonth(year == 0 ? 2000 : year, month);
    }

    private static bool TryReadTime(ref ReadOnlySpan<char> text, out int hour, out int minute, out int second, out int nanosecond)
    {
        hour = minute = second = nanosecond = 0;
        if (text.Length < 8
            || !TryReadDigits(text[..2], out hour) || text[2] != ':' || !TryReadDigits(text[3..5], out minute) || text[5] != ':'
            || !TryReadDigits(text[6..8], out second) || hour > 23 || minute > 59 || second > 60)
        {
            return false;
        }

        text = text[8..];
        return text.IsEmpty || text[0] != '.' || TryReadFraction(ref text, out nanosecond);
    }

    private static bool TryReadFraction(ref ReadOnlySpan<char> text, out int nanosecond)
    {
        nanosecond = 0;
        var length = 1;
        for (var scale = 100_000_000; length < text.Length && char.IsAsciiDigit(text[length]); length++, scale /= 10)
        {
            nanosecond += (text[length] - '0') * scale;
        }

        text = text[length..];
        return length > 1;
    }

    private static bool TryReadOffset(ReadOnlySpan<char> text, out int minutes)
    {
        minutes = 0;
        if (text is "Z" or "z")
        {
            return true;
        }

        if (text.Length != 6 || text[0] is not ('+' or '-') || !TryReadDigits(text[1..3], out var hour) || text[3] != ':'
            || !TryReadDigits(text[4..], out var minute) || hour > 23 || minute > 59)
        {
            return false;
        }

        minutes = (text[0] == '-' ? -1 : 1) * (hour * 60 + minute);
        return true;
    }

    private static bool TryReadDigits(ReadOnlySpan<char> text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
