namespace Sora.Configuration;

/// <summary>
/// Marks an options class as a section of config.toml. A property whose type carries this attribute is a table
/// (<c>[database]</c>, nested <c>[database.write]</c>), a list of such a type is an array of tables (<c>[[listener]]</c>);
/// neither kind of property needs an <see cref="OptionAttribute"/>. The class has a public constructor without parameters, and
/// what it constructs is the section's defaults.
/// </summary>
/// <param name="summary">One line of meaning, which stands over the section in config.toml.example.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SectionAttribute(string summary) : Attribute
{
    /// <summary>One line of meaning.</summary>
    public string Summary { get; } = summary;
}
