using Sora.Contracts;

namespace Sora.Gateway.Sasl;

/// <summary>One exchange of a mechanism (RFC 4422): an object of its own for each attempt to log in, which remembers where it is.</summary>
internal abstract class SaslMechanism
{
    /// <summary>The client speaks first: without an initial response it is asked for one by an empty challenge.</summary>
    public virtual bool IsClientFirst => true;

    /// <summary>
    /// Takes the client's response, decoded, and says what comes next. Null stands for the beginning of a mechanism in which the server speaks first. Not called again
    /// after an end.
    /// </summary>
    public abstract ValueTask<SaslStep> StepAsync(byte[]? response, CancellationToken cancellationToken);
}

/// <summary>What a mechanism wants after a response: exactly one of a challenge, an identity and an error.</summary>
/// <param name="Challenge">Goes to the client, whose response is awaited.</param>
/// <param name="Identity">The client has proven who it is.</param>
/// <param name="SuccessData">Belongs to the success and must reach the client (RFC 4422 section 3.6); null when there is none.</param>
/// <param name="Error">The client has proven nothing.</param>
/// <param name="FailureData">What the mechanism says of the failure in its own words, when the client is to hear it before the protocol's answer; null for none.</param>
/// <param name="Expires">When what has proven the identity ends, and the session with it; null when neither does.</param>
internal readonly record struct SaslStep(
    byte[]? Challenge, AccountIdentity? Identity = null, byte[]? SuccessData = null, MailError? Error = null, byte[]? FailureData = null,
    DateTimeOffset? Expires = null)
{
    public static SaslStep Ask(byte[] challenge) => new(challenge);

    public static SaslStep Succeed(AccountIdentity identity, byte[]? data = null) => new(null, identity, data);

    public static SaslStep Fail(MailError error, byte[]? data = null) => new(null, Error: error, FailureData: data);

    /// <summary>The end of a mechanism that only checks a password.</summary>
    public static SaslStep Of(MailResult<AccountIdentity> result) => result.IsOk ? Succeed(result.Value) : Fail(result.Error);
}
