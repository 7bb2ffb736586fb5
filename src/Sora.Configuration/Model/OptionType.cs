using System.Globalization;
using Sora.Configuration.Toml;

namespace Sora.Configuration.Model;

/// <summary>One type of single values: how it is read from TOML and from text, written, compared and described.</summary>
internal abstract class OptionType
{
    private static readonly OptionType[] BuiltIn =
    [
        new StringType(), new BooleanType(), new Int32Type(), new Int64Type(), new DoubleType(), new ByteSizeType(), new DurationType(),
    ];

    private OptionType(Type clrType, string description)
    {
        ClrType = clrType;
        Description = description;
    }

    public Type ClrType { get; }

    /// <summary>What a value must be, for "expects …".</summary>
    public string Description { get; }

    /// <summary>The type for a property's type without its nullable wrapper, or null when there is none.</summary>
    public static OptionType? Of(Type type) =>
        type.IsEnum ? new EnumType(type) : Array.Find(BuiltIn, t => t.ClrType == type);

    /// <summary>Reads a value of a file; null when it is not of this type.</summary>
    public abstract object? Read(TomlScalar scalar);

    /// <summary>Reads a value of an environment variable or the command line; null when it is not of this type.</summary>
    public abstract object? Read(string text);

    /// <summary>Writes the value as TOML.</summary>
    public abstract string Write(object value);

    private sealed class StringType() : OptionType(typeof(string), "a string")
    {
        public override object? Read(TomlScalar scalar) => scalar.Value as string;

        public override object Read(string text) => text;

        public override string Write(object value) => TomlText.String((string)value);
    }

    private sealed class BooleanType() : OptionType(typeof(bool), "true or false")
    {
        public override object? Read(TomlScalar scalar) => scalar.Value as bool?;

        public override object? Read(string text) => text.Trim().ToLowerInvariant() switch
        {
            "true" or "1" => true,
            "false" or "0" => false,
            _ => null,
        };

        public override string Write(object value) => (bool)value ? "true" : "false";
    }

    private sealed class Int32Type() : OptionType(typeof(int), "a whole number of 32 bits")
    {
        public override object? Read(TomlScalar scalar) =>
            scalar.Value is long and >= int.MinValue and <= int.MaxValue ? (int)(long)scalar.Value : null;

        public override object? Read(string text) =>
            int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : null;

        public override string Write(object value) => ((int)value).ToString(CultureInfo.InvariantCulture);
    }

    private sealed class Int64Type() : OptionType(typeof(long), "a whole number")
    {
        public override object? Read(TomlScalar scalar) => scalar.Value as long?;

        public override object? Read(string text) =>
            long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : null;

        public override string Write(object value) => ((long)value).ToString(CultureInfo.InvariantCulture);
    }

    private sealed class DoubleType() : OptionType(typeof(double), "a number")
    {
        public override object? Read(TomlScalar scalar) => scalar.Value is long whole ? (double)whole : scalar.Value as double?;

        public override object? Read(string text) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;

        public override string Write(object value) => TomlText.Float((double)value);
    }

    private sealed class ByteSizeType() : OptionType(typeof(ByteSize), "a size such as \"64KiB\", \"50MiB\" or a number of bytes")
    {
        public override object? Read(TomlScalar scalar) => scalar.Value switch
        {
            long and >= 0 => new ByteSize((long)scalar.Value),
            string text => Read(text),
            _ => null,
        };

        public override object? Read(string text) => ByteSize.TryParse(text, out var value) ? value : null;

        public override string Write(object value) => TomlText.String(((ByteSize)value).ToString());
    }

    private sealed class DurationType() : OptionType(typeof(TimeSpan), "a duration such as \"30s\", \"5m\", \"1h30m\" or \"14d\"")
    {
        public override object? Read(TomlScalar scalar) => scalar.Value switch
        {
            0L => TimeSpan.Zero,
            string text => Read(text),
            _ => null,
        };

        public override object? Read(string text) => Duration.TryParse(text, out var value) ? value : null;

        public override string Write(object value) => TomlText.String(Duration.Format((TimeSpan)value));
    }

    /// <summary>
    /// Names are snake_case; case, <c>_</c> and <c>-</c> do not matter when reading, so that "start_tls", "STARTTLS" and "start-tls" are
    /// one.
    /// </summary>
    private sealed class EnumType(Type type)
        : OptionType(type, "one of " + string.Join(", ", Enum.GetNames(type).Select(n => $"\"{SnakeCase.Of(n)}\"")))
    {
        public override object? Read(TomlScalar scalar) => scalar.Value is string text ? Read(text) : null;

        public override object? Read(string text)
        {
            var wanted = Bare(text.Trim());
            var name = Array.Find(Enum.GetNames(ClrType), n => string.Equals(Bare(n), wanted, StringComparison.OrdinalIgnoreCase));
            return name is null ? null : Enum.Parse(ClrType, name);
        }

        public override string Write(object value) => TomlText.String(SnakeCase.Of(value.ToString()!));

        private static string Bare(string name) =>
            name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
    }
}
