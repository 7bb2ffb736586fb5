namespace Sora.Configuration;

/// <summary>The layers over the defaults, weakest first: file, environment, command line.</summary>
public sealed record ConfigurationSources
{
    /// <summary>What the names of all environment variables of the configuration start with.</summary>
    public const string EnvironmentPrefix = "SORA__";

    /// <summary>The TOML file; null for none. A file that is not there is an error.</summary>
    public string? FilePath { get; init; }

    /// <summary>
    /// The environment; names that do not start with <see cref="EnvironmentPrefix"/> are left alone. The rest of a name is the path of a
    /// key joined by two underscores, in any case (<c>SORA__DATABASE__WRITE__HOST</c>); an element of a list is named by its index,
    /// counted from 0 (<c>SORA__LISTENER__0__PORT</c>), and the index after the last adds one. The value is text of the option's type; a
    /// list is "a, b" or a TOML array, a whole section a TOML inline table. An empty value unsets an option that may be unset.
    /// </summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// The arguments of <c>--set</c>, in their order: <c>section.key=value</c>, <c>listener.0.port=143</c>. Values are written as in the
    /// environment.
    /// </summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>
    /// Top-level names that the root class does not have are skipped, not errors: for a program that shares the file with another and
    /// knows only some of its sections.
    /// </summary>
    public bool IgnoreOtherSections { get; init; }

    /// <summary>The environment of this process.</summary>
    public static IReadOnlyDictionary<string, string> ProcessEnvironment()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
        {
            variables[(string)variable.Key] = (string?)variable.Value ?? "";
        }

        return variables;
    }
}
