using System.Security.Cryptography;
using Sora.Identity;
using Sora.Identity.Lookup;
using Sora.Identity.OAuth;
using Sora.Silo.Configuration;

namespace Sora.Silo.Composition;

/// <summary>What this node asks others about who may log in.</summary>
internal sealed record IdentityParts(TokenVerifier? Tokens, HttpAccountLookup? Lookup)
{
    /// <exception cref="StartException">A file cannot be read.</exception>
    public static IdentityParts Start(AuthOptions options, Parts parts, ILoggerFactory loggers, TimeProvider time)
    {
        try
        {
            var metrics = parts.AddDisposable("Metrics of identities", new IdentityMetrics());
            return new IdentityParts(
                options.Oauth.Count > 0 ? parts.Add("Tokens", new TokenVerifier(options.Oauth, metrics, time, loggers)) : null,
                options.Lookup.Url is not null ? parts.Add("Users who live elsewhere", new HttpAccountLookup(options.Lookup, metrics, time, loggers)) : null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new StartException($"auth: {e.Message}", e);
        }
    }
}
