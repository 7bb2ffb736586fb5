using System.Diagnostics.CodeAnalysis;

namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>The names of objects in the bucket: the prefix and the key.</summary>
internal sealed class S3Names(string prefix)
{
    public string Prefix => prefix;

    public string Of(ObjectKey key) => prefix + key;

    public bool TryParse([NotNullWhen(true)] string? name, out ObjectKey key)
    {
        key = default;
        return name is not null && name.StartsWith(prefix, StringComparison.Ordinal) && ObjectKey.TryParse(name.AsSpan(prefix.Length), out key);
    }
}
