namespace Sora.Mailstore.Bodies.Encoded;

/// <summary>
/// A body is encrypted with a key that is not configured here, or with another secret than the one that is. The body is whole for all that is
/// known, and can be read again when the key is back.
/// </summary>
public sealed class BodyKeyException(string keyId, string message) : IOException(message)
{
    /// <summary>Name of the key.</summary>
    public string KeyId { get; } = keyId;
}
