namespace Sora.Configuration;

/// <summary>What loading gave: a complete configuration, or everything that is wrong with it.</summary>
public sealed class ConfigurationResult<TRoot>
    where TRoot : class
{
    private readonly TRoot _value;
    private readonly IReadOnlyDictionary<string, OptionOrigin> _origins;

    internal ConfigurationResult(TRoot value, IReadOnlyList<ConfigurationError> errors, IReadOnlyDictionary<string, OptionOrigin> origins)
    {
        _value = value;
        Errors = errors;
        _origins = origins;
    }

    /// <summary>All problems; empty when the configuration is good.</summary>
    public IReadOnlyList<ConfigurationError> Errors { get; }

    public bool IsValid => Errors.Count == 0;

    /// <summary>The configuration.</summary>
    /// <exception cref="ConfigurationException">It has <see cref="Errors"/>.</exception>
    public TRoot Value => IsValid ? _value : throw new ConfigurationException(Errors);

    /// <summary>Where the value of a key ("imap.max_line", "listener[0].port") came from.</summary>
    public OptionOrigin OriginOf(string key) => _origins.TryGetValue(key, out var origin) ? origin : OptionOrigin.Default;
}
