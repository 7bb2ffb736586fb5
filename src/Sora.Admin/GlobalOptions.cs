using System.CommandLine;
using Sora.Configuration;

namespace Sora.Admin;

/// <summary>The options that every command has.</summary>
internal sealed class GlobalOptions
{
    public Option<string?> Config { get; } = new("--config")
    {
        Description = "The server's config.toml; its sections [database], [passwords], [accounts], [sharing], [quota], [storage] and those of Sieve are read",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<string?> Data { get; } = new("--data")
    {
        Description = "The server's data folder, as of 'sora run --data DIR', where its private PostgreSQL is",
        HelpName = "DIR",
        Recursive = true,
    };

    public Option<string[]> Set { get; } = new("--set")
    {
        Description = "Sets one option over the file and the environment; may be repeated",
        HelpName = "section.key=value",
        Recursive = true,
        Arity = ArgumentArity.OneOrMore,
    };

    public Option<bool> Json { get; } = new("--json") { Description = "Write the result as JSON, for scripts", Recursive = true };

    public void AddTo(RootCommand root)
    {
        root.Add(Config);
        root.Add(Data);
        root.Add(Set);
        root.Add(Json);
    }

    /// <exception cref="ConfigurationException">The configuration has errors.</exception>
    public AdminOptions Load(ParseResult parsed)
    {
        var options = ConfigurationLoader.Load<AdminOptions>(new ConfigurationSources
        {
            FilePath = parsed.GetValue(Config),
            Environment = ConfigurationSources.ProcessEnvironment(),
            Settings = parsed.GetValue(Set) ?? [],
            IgnoreOtherSections = true,
        }).Value;
        options.Database.ApplicationName = "sora-admin";

        // One command needs few connections, and leaves the server its own
        options.Database.Write.MaxConnections = Math.Min(options.Database.Write.MaxConnections, 4);
        options.Database.Write.MinConnections = 0;
        options.Database.Read.MinConnections = 0;
        return options;
    }
}
