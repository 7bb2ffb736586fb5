namespace Sora.Configuration.Tests;

/// <summary>Loads sample options from text, so that a test is the text and what it gives.</summary>
internal sealed class Loading : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sora-configuration").FullName;

    public string FilePath => Path.Combine(_folder, "config.toml");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public void WriteFile(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);

    public ConfigurationResult<SampleOptions> Load(string? toml = null, string[]? environment = null, params string[] settings) =>
        Load<SampleOptions>(toml, environment, settings);

    public ConfigurationResult<TRoot> Load<TRoot>(string? toml, string[]? environment = null, string[]? settings = null, bool ignoreOthers = false)
        where TRoot : class, new()
    {
        if (toml is not null)
        {
            WriteFile("config.toml", toml);
        }

        return ConfigurationLoader.Load<TRoot>(new ConfigurationSources
        {
            FilePath = toml is null ? null : FilePath,
            Environment = (environment ?? []).Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1], StringComparer.Ordinal),
            Settings = settings ?? [],
            IgnoreOtherSections = ignoreOthers,
        });
    }

    /// <summary>The errors with the file's folder left out, one per line.</summary>
    public string[] Errors<TRoot>(ConfigurationResult<TRoot> result)
        where TRoot : class => [.. result.Errors.Select(e => e.ToString().Replace(_folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal))];
}
