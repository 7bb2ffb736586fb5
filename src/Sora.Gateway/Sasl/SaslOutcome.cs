using System.Diagnostics.CodeAnalysis;
using Sora.Contracts;

namespace Sora.Gateway.Sasl;

/// <summary>How an exchange ended.</summary>
internal enum SaslEnd
{
    Succeeded,

    /// <summary>There was an answer, and it was no: <see cref="SaslOutcome.Error"/>.</summary>
    Refused,

    /// <summary>The client gave up with "*".</summary>
    Cancelled,

    /// <summary>A response was no base64, too long, or not what the protocol calls a response.</summary>
    Malformed,

    /// <summary>The session is over; nothing is left to be said.</summary>
    SessionEnded,
}

/// <param name="Identity">Who has logged in.</param>
/// <param name="SuccessData">What the protocol's success must carry; null for nothing.</param>
/// <param name="Error">Why not.</param>
/// <param name="Text">What was malformed, for people.</param>
/// <param name="Expires">When the session has to end; null for never.</param>
internal readonly record struct SaslOutcome(SaslEnd End, AccountIdentity? Identity = null, byte[]? SuccessData = null, MailError? Error = null, string Text = "", DateTimeOffset? Expires = null)
{
    [MemberNotNullWhen(true, nameof(Identity))]
    public bool Succeeded => End == SaslEnd.Succeeded;

    public static SaslOutcome Malformed(string text) => new(SaslEnd.Malformed, Text: text);
}
