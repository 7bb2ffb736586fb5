using Sora.Configuration;
using Sora.Identity.Lookup;
using Sora.Identity.OAuth;

namespace Sora.Silo.Configuration;

/// <summary>[auth]: who may log in, where that is known elsewhere.</summary>
[Section("Who may log in, where that is known elsewhere")]
public sealed class AuthOptions : IValidatableOptions
{
    public IReadOnlyList<OAuthOptions> Oauth { get; set; } = [];

    public LookupOptions Lookup { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        foreach (var twice in Oauth.GroupBy(static issuer => issuer.Issuer, StringComparer.Ordinal).Where(static group => group.Skip(1).Any()))
            yield return $"oauth has the issuer {twice.Key} twice";
    }
}
