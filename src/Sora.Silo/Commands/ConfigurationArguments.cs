using System.CommandLine;
using Sora.Configuration;
using Sora.Silo.Configuration;

namespace Sora.Silo.Commands;

/// <summary>The arguments that say where the configuration comes from.</summary>
internal static class ConfigurationArguments
{
    public static Option<string?> File { get; } = new("--config", "-c")
    {
        Description = "The configuration file; without one Sora keeps everything in its data folder and listens on 127.0.0.1 from port 10024 on",
        HelpName = "FILE",
    };

    public static Option<string?> Data { get; } = new("--data")
    {
        Description = "The data folder (node.data)",
        HelpName = "DIR",
    };

    public static Option<string[]> Set { get; } = new("--set")
    {
        Description = "Set one key of the configuration; may be repeated",
        HelpName = "section.key=value",
        DefaultValueFactory = static _ => [],
    };

    public static ConfigurationRequest Read(ParseResult parsed) =>
        new(parsed.GetValue(File), parsed.GetValue(Data), PortBase: null, parsed.GetValue(Set) ?? []);

    public static void Show(IReadOnlyList<ConfigurationError> errors, TextWriter output)
    {
        foreach (var error in errors)
            output.WriteLine(error.ToString());
    }
}
