using Sora.Gateway.Connections;

namespace Sora.Gateway.Sasl;

/// <summary>How a protocol carries an exchange: its lines of base64.</summary>
internal interface ISaslChannel
{
    /// <summary>The connection, for what TLS says of it.</summary>
    ClientConnection Client { get; }

    /// <summary>
    /// The protocol's success can carry the mechanism's last data. Where it cannot, the data go out as a challenge to which the client responds with nothing (RFC 4422 section 5,
    /// RFC 5034 section 4).
    /// </summary>
    bool SuccessCarriesData { get; }

    /// <summary>Sends a challenge, which is not in base64 yet, and reads the client's response, which still is.</summary>
    ValueTask<SaslAnswer> AskAsync(ReadOnlyMemory<byte> challenge, CancellationToken cancellationToken);
}

/// <summary>What came in place of a response, or that it came.</summary>
internal enum SaslAnswerStatus
{
    Response,

    /// <summary>Longer than the protocol takes; it has been read over and the session goes on.</summary>
    TooLong,

    /// <summary>Something that is no response in the protocol's syntax; the session goes on.</summary>
    Malformed,

    /// <summary>The session is over, and whatever had to be said was said.</summary>
    SessionEnded,
}

/// <param name="Status">What came.</param>
/// <param name="Text">The response as it came; empty when none did.</param>
internal readonly record struct SaslAnswer(SaslAnswerStatus Status, byte[] Text)
{
    public static SaslAnswer Response(byte[] text) => new(SaslAnswerStatus.Response, text);

    public static SaslAnswer None(SaslAnswerStatus status) => new(status, []);
}
