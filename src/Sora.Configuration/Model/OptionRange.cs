namespace Sora.Configuration.Model;

/// <summary>An <see cref="OptionRangeAttribute"/> in the type of its option.</summary>
internal sealed class OptionRange
{
    private readonly OptionType _type;
    private readonly IComparable _min;
    private readonly IComparable _max;
    private readonly object? _zero;

    public OptionRange(OptionRangeAttribute range, OptionType type)
    {
        _type = type;
        _min = Bound(range.Min, type);
        _max = Bound(range.Max, type);
        _zero = range.OrZero ? Activator.CreateInstance(type.ClrType) : null;
        if (_min is string || _min.CompareTo(_max) > 0)
        {
            throw new InvalidOperationException($"the range {range.Min} to {range.Max} is none for {type.ClrType.Name}");
        }
    }

    public bool Contains(object value) =>
        value.Equals(_zero) || (_min.CompareTo(value) <= 0 && _max.CompareTo(value) >= 0);

    /// <summary>"1KiB to 1GiB", "at least 1", "1s to 1d, or 0".</summary>
    public override string ToString()
    {
        var text = (IsOpen(_min, lower: true), IsOpen(_max, lower: false)) switch
        {
            (true, true) => "any",
            (true, false) => $"at most {Show(_max)}",
            (false, true) => $"at least {Show(_min)}",
            _ => $"{Show(_min)} to {Show(_max)}",
        };
        return _zero is null ? text : $"{text}, or 0";
    }

    private static bool IsOpen(IComparable bound, bool lower) => bound switch
    {
        int number => number == (lower ? int.MinValue : int.MaxValue),
        long number => number == (lower ? long.MinValue : long.MaxValue),
        double number => double.IsInfinity(number),
        _ => false,
    };

    private string Show(IComparable bound) => _type.Write(bound).Trim('"');

    /// <summary>
    /// A bound beyond the type, such as <see cref="double.PositiveInfinity"/> or <see cref="long.MaxValue"/> as a double, is the type's
    /// own limit.
    /// </summary>
    private static IComparable Bound(string text, OptionType type)
    {
        if (type.Read(text) is IComparable value)
        {
            return value;
        }

        var isNumber = double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number);
        return type.ClrType switch
        {
            _ when !isNumber => throw new InvalidOperationException($"'{text}' is no bound for {type.ClrType.Name}"),
            var t when t == typeof(int) && number >= int.MaxValue => (IComparable)int.MaxValue,
            var t when t == typeof(int) && number <= int.MinValue => (IComparable)int.MinValue,
            var t when t == typeof(long) && number >= long.MaxValue => long.MaxValue,
            var t when t == typeof(long) && number <= long.MinValue => long.MinValue,
            var t when t == typeof(double) => number,
            _ => throw new InvalidOperationException($"'{text}' is no bound for {type.ClrType.Name}"),
        };
    }
}
