using System.Globalization;

namespace Sora.Bench.Scenarios;

/// <summary>Sizes as people write them: 2048, 2KiB, 10 KiB, 1MiB.</summary>
internal static class Sizes
{
    public static int Parse(string text)
    {
        var number = text.Trim();
        var unit = 1;
        if (number.EndsWith("KiB", StringComparison.OrdinalIgnoreCase))
        {
            (number, unit) = (number[..^3], 1024);
        }
        else if (number.EndsWith("MiB", StringComparison.OrdinalIgnoreCase))
        {
            (number, unit) = (number[..^3], 1024 * 1024);
        }

        return int.TryParse(number, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var value) && value > 0
            && (long)value * unit <= 256L << 20
            ? value * unit
            : throw new BenchException($"'{text}' is not a size between 1 and 256 MiB");
    }

    public static string Format(int octets) =>
        (octets % (1024 * 1024) == 0, octets % 1024 == 0) switch
        {
            (true, _) => string.Create(CultureInfo.InvariantCulture, $"{octets / 1024 / 1024} MiB"),
            (_, true) => string.Create(CultureInfo.InvariantCulture, $"{octets / 1024} KiB"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{octets} B"),
        };
}
