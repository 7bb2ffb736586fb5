using Sora.Configuration;

namespace Sora.Mailstore.Bodies.Encoded;

/// <summary>[storage.encryption]</summary>
[Section("Encryption of bodies before they leave for the object store (docs/encryption.md)")]
public sealed class EncryptionOptions : IValidatableOptions
{
    [Option("Name of the key that bodies are encrypted with; without it new ones are not", Example = "2026-11")]
    public string? ActiveKey { get; set; }

    [Option("How often a node looks whether sora-admin keys rotate has asked to encrypt bodies anew, and tries again what could not be; 0: it takes no part")]
    [OptionRange("1s", "1d", OrZero = true)]
    public TimeSpan RotationInterval { get; set; } = TimeSpan.FromSeconds(30);

    [Option("Bytes of bodies that a node encrypts anew per second")]
    [OptionRange("64KiB", "16GiB")]
    public ByteSize RotationRate { get; set; } = ByteSize.MiB(16);

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

    /// <summary>Whether a key may have this name.</summary>
    public static bool IsId(string id) => EncodingHeader.IsKeyId(id);

    internal bool IsGood
    {
        get
        {
            Span<byte> bytes = stackalloc byte[BodyKey.SecretLength + 3];
            return Secret is not null && Convert.TryFromBase64String(Secret, bytes, out var length) && length == BodyKey.SecretLength;
        }
    }
}
