namespace Sora.Configuration;

/// <summary>The layers of a configuration; a later one wins.</summary>
public enum OptionLayer
{
    /// <summary>What the options class holds after construction.</summary>
    Default,

    /// <summary>The configuration file.</summary>
    File,

    /// <summary>An environment variable.</summary>
    Environment,

    /// <summary><c>--set</c>.</summary>
    CommandLine,
}

/// <summary>Where a value came from.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Source">The place in it: "config.toml:12", "SORA__IMAP__MAX_LINE", "--set imap.max_line", "default".</param>
public readonly record struct OptionOrigin(OptionLayer Layer, string Source)
{
    /// <summary>The origin of everything that no layer names.</summary>
    public static OptionOrigin Default { get; } = new(OptionLayer.Default, "default");
}
