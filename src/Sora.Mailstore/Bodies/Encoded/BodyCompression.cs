namespace Sora.Mailstore.Bodies.Encoded;

/// <summary>How bodies are compressed before they are encrypted.</summary>
public enum BodyCompression
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>gzip (RFC 1952).</summary>
    Gzip,

    /// <summary>Brotli (RFC 7932).</summary>
    Brotli,
}
