using System.Globalization;
using System.Text;

namespace Sora.Configuration;

/// <summary>
/// The notation of <see cref="TimeSpan"/> options: numbers with a unit, the larger unit first, each unit once: "30s", "250ms", "1h30m",
/// "14d", "1.5h". Units: <c>w</c> (7 days), <c>d</c>, <c>h</c>, <c>m</c>, <c>s</c>, <c>ms</c>. "0" needs no unit. Never negative.
/// </summary>
public static class Duration
{
    private static readonly (string Name, long Ticks)[] Units =
    [
        ("w", 7 * TimeSpan.TicksPerDay), ("d", TimeSpan.TicksPerDay), ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute),
        ("s", TimeSpan.TicksPerSecond), ("ms", TimeSpan.TicksPerMillisecond),
    ];

    /// <summary>Reads the notation; false when it is something else, or beyond what a <see cref="TimeSpan"/> holds.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        text = text.Trim();
        if (text is "0")
        {
            return true;
        }

        var ticks = 0m;
        var unit = -1;
        while (!text.IsEmpty)
        {
            if (!TryReadNumber(ref text, out var count) || !TryReadUnit(ref text, ref unit))
            {
                return false;
            }

            ticks += count * Units[unit].Ticks;
            if (ticks > long.MaxValue)
            {
                return false;
            }
        }

        duration = TimeSpan.FromTicks((long)ticks);
        return unit >= 0;
    }

    /// <summary>Reads the notation.</summary>
    /// <exception cref="FormatException">The text is not a duration.</exception>
    public static TimeSpan Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var duration)
            ? duration
            : throw new FormatException($"'{text}' is not a duration such as \"30s\", \"5m\" or \"14d\"");

    /// <summary>The shortest exact notation: "1h30m", "250ms", "0". Weeks are written as days, as everybody does.</summary>
    public static string Format(TimeSpan duration)
    {
        var ticks = duration.Ticks;
        if (ticks == 0)
        {
            return "0";
        }

        var text = new StringBuilder();
        foreach (var (name, size) in Units.AsSpan(1))
        {
            if (name == "ms" && ticks > 0)
            {
                text.Append(((decimal)ticks / size).ToString(CultureInfo.InvariantCulture)).Append(name);
            }
            else if (ticks >= size)
            {
                text.Append(ticks / size).Append(name);
                ticks %= size;
            }
        }

        return text.ToString();
    }

    private static bool TryReadNumber(ref ReadOnlySpan<char> text, out decimal count)
    {
        var length = 0;
        while (length < text.Length && (char.IsAsciiDigit(text[length]) || text[length] == '.'))
        {
            length++;
        }

        count = 0;

        // 20 digits are more than a TimeSpan holds in any unit, and keep the decimal products below from overflowing
        if (length is 0 or > 20 || text[0] == '.' || length == text.Length || text[length - 1] == '.'
            || !decimal.TryParse(text[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out count))
        {
            return false;
        }

        text = text[length..];
        return count < 1_000_000_000_000_000m;
    }

    private static bool TryReadUnit(ref ReadOnlySpan<char> text, ref int unit)
    {
        var length = text.IndexOfAnyInRange('0', '9');
        var name = (length < 0 ? text : text[..length]).Trim(' ');
        text = length < 0 ? [] : text[length..];
        for (var i = unit + 1; i < Units.Length; i++)
        {
            if (name.SequenceEqual(Units[i].Name))
            {
                unit = i;
                return true;
            }
        }

        return false;
    }
}
