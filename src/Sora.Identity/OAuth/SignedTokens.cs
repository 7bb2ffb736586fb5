using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Sora.Contracts;
using Sora.Identity.Http;

namespace Sora.Identity.OAuth;

/// <summary>Checks the tokens of one issuer with its keys: JWS in compact form (RFC 7515, RFC 7519).</summary>
internal sealed class SignedTokens(OAuthOptions options, SigningKeys keys, TimeProvider time, ILogger logger)
{
    private static readonly JsonWebTokenHandler Handler = new() { MapInboundClaims = false };

    public async ValueTask<TokenCheck> CheckAsync(JsonWebToken token, CancellationToken cancellationToken)
    {
        if (!options.Algorithms.Contains(token.Alg, StringComparer.Ordinal) || SigningAlgorithm.Find(token.Alg) is not { } algorithm)
            return Refuse("alg");
        if (token.TryGetHeaderValue<object>("crit", out _))
            return Refuse("crit"); // nothing that it could name is understood here (RFC 7515 section 4.1.11)
        var found = await keys.FindAsync(token.Kid, algorithm, cancellationToken).ConfigureAwait(false);
        if (found is null)
            return TokenCheck.Refused(TokenOutcome.Unavailable);
        if (found.Count == 0)
            return Refuse("kid");
        var result = await Handler.ValidateTokenAsync(token, SignatureOnly(algorithm, found)).ConfigureAwait(false);
        if (!result.IsValid)
            return Refuse(result.Exception?.GetType().Name ?? "signature");
        try
        {
            using var claims = Json.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload));
            var check = TokenClaims.Check(claims.RootElement, options, isIntrospected: false, time.GetUtcNow(), out var reason);
            if (check.Outcome != TokenOutcome.Accepted)
                Log.TokenRefused(logger, options.Issuer, reason);
            return check;
        }
        catch (MalformedAnswerException)
        {
            return Refuse("payload");
        }
    }

    // What the token claims is checked by the same rules as what an issuer says of it: TokenClaims
    private static TokenValidationParameters SignatureOnly(SigningAlgorithm algorithm, List<JsonWebKey> keys) => new()
    {
        RequireSignedTokens = true,
        ValidAlgorithms = [algorithm.Name],
        IssuerSigningKeys = keys,
        ValidateIssuer = false,
        ValidateAudience = false,
        ValidateLifetime = false,
        RequireExpirationTime = false,
        ValidateTokenReplay = false,
    };

    private TokenCheck Refuse(string reason)
    {
        Log.TokenRefused(logger, options.Issuer, reason);
        return TokenCheck.Refused(TokenOutcome.InvalidToken);
    }
}
