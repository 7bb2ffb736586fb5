using Sora.Configuration;

namespace Sora.Mailstore.Bodies.Encoded;

/// <summary>[storage.encryption]</summary>
[Section("Encryption of bodies before they leave for the object store (docs/encryption.md)")]
public sealed class EncryptionOptions : IValidatableOptions
{
    [Option("Name of the key that bodies are encrypted with; without it new ones are not", Example = "2026-11")]
    public string? ActiveKey { get; set; }

    /// <summary>[[storage.encryption.keys]]</summary>
    public IReadOnlyList<EncryptionKeyOptions> Keys { get; set; } = [];

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var key in Keys)
        {
            if (!EncodingHeader.IsKeyId(key.Id))
                yield return $"keys has the id '{key.Id}'; one is 1 to {EncodingHeader.KeyIdLength} letters, digits, '.', '_' or '-'";
            else if (!ids.Add(key.Id))
                yield return $"keys has the id '{key.Id}' twice";
            if (!key.IsGood)
                yield return $"keys needs a secret for '{key.Id}': {BodyKey.SecretLength} bytes in Base64, as of sora-admin keys generate";
        }

        if (ActiveKey is not null && !ids.Contains(ActiveKey))
            yield return $"active_key is '{ActiveKey}', which keys does not have";
    }
}

/// <summary>[[storage.encryption.keys]]</summary>
[Section("A key that bodies are encrypted with, the same on all nodes. Take one away only when sora-admin keys status finds no body that needs it: without it such bodies are lost")]
public sealed class EncryptionKeyOptions
{
    [Option("Its name, which stands in each object", Example = "2026-11")]
    public string Id { get; set; } = "";

    [Option("32 random bytes in Base64, as of sora-admin keys generate", Secret = true)]
    public string? Secret { get; set; }

    internal bool IsGood
    {
        get
        {
            Span<byte> bytes = stackalloc byte[BodyKey.SecretLength + 3];
            return Secret is not null && Convert.TryFromBase64String(Secret, bytes, out var length) && length == BodyKey.SecretLength;
        }
    }
}
