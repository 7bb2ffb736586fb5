namespace Sora.Configuration.Toml;

/// <summary>What the reader takes at most; more is a <see cref="TomlException"/>.</summary>
public sealed record TomlLimits
{
    /// <summary>1 MiB and 64 levels.</summary>
    public static TomlLimits Default { get; } = new();

    /// <summary>Size of the document in bytes.</summary>
    public int MaxBytes { get; init; } = 1 << 20;

    /// <summary>Levels of arrays and inline tables inside each other, and parts of one dotted key.</summary>
    public int MaxDepth { get; init; } = 64;
}
