namespace Sora.Configuration;

/// <summary>One thing that is wrong with the configuration.</summary>
/// <param name="Source">Where it was written: "config.toml:12", "SORA__IMAP__MAX_LINE", "--set imap.max_line", or "defaults".</param>
/// <param name="Key">The key with its sections ("imap.max_line", "listener[0].port"); empty when the problem has no key.</param>
/// <param name="Message">What is wrong and what would be right; never the value of a secret.</param>
public sealed record ConfigurationError(string Source, string Key, string Message)
{
    /// <summary>One readable line.</summary>
    public override string ToString() => Key.Length == 0 ? $"{Source}: {Message}" : $"{Source}: {Key}: {Message}";
}
