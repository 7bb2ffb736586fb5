using System.Globalization;

namespace Sora.Configuration;

/// <summary>
/// A number of bytes, 0 and up. Written as a whole number with an optional unit: <c>b</c>, <c>k</c>, <c>kb</c>, <c>kib</c> and likewise
/// for m, g, t, p, in any case and with an optional space before it. Every unit is a power of 1024: mail administrators write "50mb" and
/// mean 50 MiB, and a limit that is 5 % smaller than the one a peer announces bounces mail.
/// </summary>
/// <param name="Bytes">The number of bytes.</param>
public readonly record struct ByteSize(long Bytes) : IComparable<ByteSize>, IComparable
{
    private const string Units = "kmgtp";

    /// <summary><paramref name="count"/> × 1024 bytes.</summary>
    public static ByteSize KiB(long count) => new(checked(count << 10));

    /// <summary><paramref name="count"/> × 1024² bytes.</summary>
    public static ByteSize MiB(long count) => new(checked(count * (1L << 20)));

    /// <summary><paramref name="count"/> × 1024³ bytes.</summary>
    public static ByteSize GiB(long count) => new(checked(count * (1L << 30)));

    /// <summary>The bytes as an <see cref="int"/>, or <see cref="int.MaxValue"/> when there are more.</summary>
    public int ToInt32() => (int)Math.Min(Bytes, int.MaxValue);

    /// <summary>Reads the notation of the type's description; false when it is something else or beyond 2⁶³-1.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ByteSize size)
    {
        size = default;
        text = text.Trim();
        var digits = text.IndexOfAnyExceptInRange('0', '9');
        var number = digits < 0 ? text : text[..digits];
        if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }

        var unit = digits < 0 ? [] : text[digits..].TrimStart(' ');
        if (!TryReadUnit(unit, out var shift) || count > long.MaxValue >> shift)
        {
            return false;
        }

        size = new ByteSize(count << shift);
        return true;
    }

    /// <summary>Reads the notation of the type's description.</summary>
    /// <exception cref="FormatException">The text is not a size.</exception>
    public static ByteSize Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var size) ? size : throw new FormatException($"'{text}' is not a size such as 512, \"64KiB\" or \"50MiB\"");

    /// <inheritdoc/>
    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    int IComparable.CompareTo(object? obj) => obj is ByteSize other ? CompareTo(other) : 1;

    /// <summary>The shortest exact notation: "64KiB", "50MiB", "1000".</summary>
    public override string ToString()
    {
        var shift = 0;
        while (Bytes != 0 && shift < 50 && (Bytes >> shift & 1023) == 0)
        {
            shift += 10;
        }

        var count = (Bytes >> shift).ToString(CultureInfo.InvariantCulture);
        return shift == 0 ? count : $"{count}{char.ToUpperInvariant(Units[shift / 10 - 1])}iB";
    }

    public static bool operator <(ByteSize left, ByteSize right) => left.Bytes < right.Bytes;

    public static bool operator <=(ByteSize left, ByteSize right) => left.Bytes <= right.Bytes;

    public static bool operator >(ByteSize left, ByteSize right) => left.Bytes > right.Bytes;

    public static bool operator >=(ByteSize left, ByteSize right) => left.Bytes >= right.Bytes;

    private static bool TryReadUnit(ReadOnlySpan<char> unit, out int shift)
    {
        shift = 0;
        if (unit.IsEmpty || unit is "b" or "B")
        {
            return true;
        }

        var power = Units.IndexOf(char.ToLowerInvariant(unit[0]), StringComparison.Ordinal);
        shift = (power + 1) * 10;
        return power >= 0
            && (unit.Length == 1
                || unit[1..].Equals("b", StringComparison.OrdinalIgnoreCase)
                || unit[1..].Equals("ib", StringComparison.OrdinalIgnoreCase));
    }
}
