namespace Sora.Configuration;

/// <summary>
/// Marks a public property as an option. Its key is the property's name in snake_case (<c>MaxLine</c> is <c>max_line</c>), its default
/// is what the object holds after construction. Types: <see cref="string"/>, <see cref="bool"/>, <see cref="int"/>,
/// <see cref="long"/>, <see cref="double"/>, <see cref="ByteSize"/>, <see cref="TimeSpan"/>, enums, nullable forms of these, and arrays
/// or <see cref="IReadOnlyList{T}"/> of them. A reference type that is not nullable and still null after loading is an error.
/// </summary>
/// <param name="summary">One line of meaning with units, which stands over the key in config.toml.example.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute(string summary) : Attribute
{
    /// <summary>One line of meaning.</summary>
    public string Summary { get; } = summary;

    /// <summary>
    /// The value is never shown. Only strings and lists of strings may be secret; each has a sister key with <c>_file</c> at its end,
    /// which names a file to read the value from (a list has one value per line).
    /// </summary>
    public bool Secret { get; init; }

    /// <summary>Where the rule behind the option is written, such as "RFC 9051 5.4".</summary>
    public string? Reference { get; init; }

    /// <summary>What config.toml.example shows (commented out) for an option that has no default, as one would type it in an
    /// environment variable.</summary>
    public string? Example { get; init; }
}
