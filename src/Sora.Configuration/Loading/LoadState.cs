using Sora.Configuration.Model;

namespace Sora.Configuration.Loading;

/// <summary>What is known while the layers are laid over each other.</summary>
internal sealed class LoadState
{
    public List<ConfigurationError> Errors { get; } = [];

    /// <summary>By the path of the key: the layer that gave the value, and for sections the place of their header.</summary>
    public Dictionary<string, OptionOrigin> Origins { get; } = new(StringComparer.Ordinal);

    /// <summary>By the path of the secret: the file to read it from, unless a later layer gives the secret itself.</summary>
    public Dictionary<string, SecretFile> SecretFiles { get; } = new(StringComparer.Ordinal);

    public void Fail(OptionOrigin origin, string key, string message) => Errors.Add(new ConfigurationError(origin.Source, key, message));

    /// <summary>Forgets what was known about everything below a path, because a later layer replaces it.</summary>
    public void Forget(string path)
    {
        foreach (var key in Origins.Keys.Where(k => IsBelow(k, path)).ToList())
        {
            Origins.Remove(key);
        }

        foreach (var key in SecretFiles.Keys.Where(k => IsBelow(k, path)).ToList())
        {
            SecretFiles.Remove(key);
        }
    }

    public static string Join(string section, string key) => section.Length == 0 ? key : $"{section}.{key}";

    private static bool IsBelow(string key, string path) =>
        key.StartsWith(path, StringComparison.Ordinal) && key.Length > path.Length && key[path.Length] is '.' or '[';
}

/// <summary>A secret that is to be read from a file.</summary>
internal sealed record SecretFile(OptionMember Option, object Section, string FileName, OptionOrigin Origin);
