using Sora.Configuration;

namespace Sora.Silo.Configuration;

/// <summary>The text of config.toml.example.</summary>
internal static class ExampleFile
{
    private const string Preamble =
        """
        Configuration of Sora. Every key is shown with its default; a file needs only the keys that differ. Lines that begin with "#" and no blank are keys that have no default.
        A value may also come from the environment (SORA__SECTION__KEY) and from the command line (--set section.key=value); the command line wins over the environment, the environment over the file.
        Sizes: 512, "64KiB", "50MiB". Times: "30s", "5m", "1h30m", "14d". Check a file with: sora config check --config FILE
        """;

    public static string Write() => ConfigurationExample.Write<SoraOptions>(Preamble);
}
