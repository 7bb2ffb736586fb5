using System.Security.Cryptography;

namespace Sora.Mailstore.Bodies.Encoded;

/// <summary>A key that bodies are encrypted with: what is configured, never used itself but to derive one key for each object.</summary>
internal sealed class BodyKey
{
    /// <summary>Bytes of a secret.</summary>
    public const int SecretLength = 32;

    private static ReadOnlySpan<byte> ObjectInfo => "sora body 1"u8;

    private static ReadOnlySpan<byte> CheckInfo => "sora key check 1"u8;

    private readonly byte[] _secret;
    private readonly byte[] _check = new byte[EncodingHeader.CheckLength];

    public BodyKey(string id, byte[] secret)
    {
        if (secret.Length != SecretLength)
            throw new ArgumentException("A key has 32 bytes", nameof(secret));
        Id = id;
        _secret = secret;
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, _check, [], CheckInfo);
    }

    /// <summary>Its name, in the header of each object.</summary>
    public string Id { get; }

    /// <summary>Tells secrets apart without telling what they are.</summary>
    public ReadOnlySpan<byte> Check => _check;

    /// <summary>The key of one object (RFC 5869). The salt is random, so no two objects have the same key and nonces may be numbers.</summary>
    public void Derive(ReadOnlySpan<byte> salt, Span<byte> key) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, key, salt, ObjectInfo);
}
