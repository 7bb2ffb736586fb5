namespace Sora.Contracts;

/// <summary>Why a bearer token does not let in: the error codes of RFC 6750 section 3.1, and that it cannot be known now.</summary>
public enum TokenOutcome
{
    /// <summary>The token is good.</summary>
    Accepted,

    /// <summary>There is no token, or it has no form that a token may have.</summary>
    InvalidRequest,

    /// <summary>It is expired, revoked, not signed by whom it names, or for somebody else.</summary>
    InvalidToken,

    /// <summary>It is good, but not for mail.</summary>
    InsufficientScope,

    /// <summary>Whoever knows of the token is away.</summary>
    Unavailable,
}

/// <summary>What a bearer token proves.</summary>
/// <param name="Outcome">Whether it proves anything.</param>
/// <param name="User">The address of the account that it was given for, in lower case; empty when it proves nothing.</param>
/// <param name="Expires">When it ends; null when that is not known.</param>
public sealed record TokenCheck(TokenOutcome Outcome, string User, DateTimeOffset? Expires)
{
    /// <summary>What it lets in to: its issuer may give out tokens for some protocols only.</summary>
    public LoginScopes Protocols { get; init; } = LoginScopes.All;

    /// <summary>A token that proves nothing.</summary>
    public static TokenCheck Refused(TokenOutcome outcome) => new(outcome, "", null);
}

/// <summary>What a client is told that has no good token (RFC 7628 section 3.2.2).</summary>
/// <param name="Scope">The scope that its token must have; null for none.</param>
/// <param name="OpenIdConfiguration">Where the issuer says how to get a token; null when that is not known.</param>
public sealed record TokenHint(string? Scope, string? OpenIdConfiguration);

/// <summary>Checks OAuth 2.0 bearer tokens (RFC 6750).</summary>
public interface ITokenVerifier
{
    /// <summary>Checks a token for an account of mail.</summary>
    /// <param name="token">As the client sent it.</param>
    ValueTask<TokenCheck> CheckAsync(string token, CancellationToken cancellationToken);

    /// <summary>What to tell a client without a good token.</summary>
    /// <param name="user">For whom it wants to act; empty when it did not say.</param>
    /// <param name="protocol">What it logs in to.</param>
    TokenHint HintFor(string user, LoginScopes protocol);
}
