namespace Sora.Acme.Protocol;

/// <summary>An order cannot go on. The message is for administrators.</summary>
internal sealed class AcmeException : Exception
{
    public AcmeException(string message, string? type = null, TimeSpan? retryAfter = null, Exception? inner = null)
        : base(message, inner)
    {
        Type = type;
        RetryAfter = retryAfter;
    }

    /// <summary>The server's error type without its namespace, such as "rateLimited" (RFC 8555 section 6.7); null when it is none of the server's.</summary>
    public string? Type { get; }

    /// <summary>How long the server wants to be left alone.</summary>
    public TimeSpan? RetryAfter { get; }
}
