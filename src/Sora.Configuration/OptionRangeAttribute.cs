using System.Globalization;

namespace Sora.Configuration;

/// <summary>
/// The smallest and the largest allowed value of an <see cref="int"/>, <see cref="long"/>, <see cref="double"/>,
/// <see cref="TimeSpan"/> (<c>"1s", "1d"</c>) or <see cref="ByteSize"/> (<c>"1KiB", "1GiB"</c>) option, both inclusive. Null for a nullable
/// option is always allowed.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionRangeAttribute : Attribute
{
    /// <summary>Bounds in the notation of the option's own type.</summary>
    public OptionRangeAttribute(string min, string max)
    {
        Min = min;
        Max = max;
    }

    /// <summary>Bounds of a numeric option.</summary>
    public OptionRangeAttribute(double min, double max)
        : this(min.ToString("R", CultureInfo.InvariantCulture), max.ToString("R", CultureInfo.InvariantCulture))
    {
    }

    /// <summary>The smallest allowed value.</summary>
    public string Min { get; }

    /// <summary>The largest allowed value.</summary>
    public string Max { get; }

    /// <summary>Zero is allowed beside the range; the usual meaning is "off" or "no limit".</summary>
    public bool OrZero { get; init; }
}
