using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Sora.Contracts;
using Sora.Identity.Http;

namespace Sora.Identity.OAuth;

/// <summary>The issuers of a site: finds the one that a token is of, and has it checked.</summary>
public sealed class TokenVerifier : ITokenVerifier, IAsyncDisposable
{
    private readonly List<Issuer> _issuers;
    private readonly IdentityMetrics _metrics;
    private readonly ILogger _logger;

    /// <exception cref="IOException">A file of authorities cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It is none.</exception>
    public TokenVerifier(IReadOnlyList<OAuthOptions> issuers, IdentityMetrics metrics, TimeProvider time, ILoggerFactory loggers)
    {
        _metrics = metrics;
        _logger = loggers.CreateLogger<TokenVerifier>();
        _issuers = [.. issuers.Select(options => new Issuer(options, metrics, time, _logger))];
    }

    /// <inheritdoc/>
    public async ValueTask<TokenCheck> CheckAsync(string token, CancellationToken cancellationToken)
    {
        var check = IsToken(token) ? await FindAsync(token, cancellationToken).ConfigureAwait(false) : TokenCheck.Refused(TokenOutcome.InvalidRequest);
        _metrics.TokenChecked(check.Outcome switch
        {
            TokenOutcome.Accepted => "accepted",
            TokenOutcome.InvalidRequest => "invalid_request",
            TokenOutcome.InsufficientScope => "insufficient_scope",
            TokenOutcome.Unavailable => "unavailable",
            _ => "invalid_token",
        });
        return check;
    }

    /// <inheritdoc/>
    public TokenHint HintFor(string user, LoginScopes protocol)
    {
        var domain = user[(user.LastIndexOf('@') + 1)..];
        var issuer = _issuers.Find(issuer => issuer.Options.Domains.Contains(domain, StringComparer.OrdinalIgnoreCase))
            ?? _issuers.Find(static issuer => issuer.Options.Domains.Count == 0) ?? _issuers[0];
        var configuration = issuer.Options.OpenidConfiguration
            ?? (issuer.Options.Issuer.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? issuer.Options.DiscoveryUrl : "");
        var scope = issuer.Options.ScopesOf(protocol) is [var own, ..] ? own : issuer.Options.Scopes is [var first, ..] ? first : null;
        return new TokenHint(scope, configuration.Length > 0 ? configuration : null);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var issuer in _issuers)
            await issuer.DisposeAsync().ConfigureAwait(false);
    }

    // b64token (RFC 6750 section 2.1)
    private static bool IsToken(string token)
    {
        var body = token.AsSpan().TrimEnd('=');
        foreach (var letter in body)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '.' or '_' or '~' or '+' or '/'))
                return false;
        }

        return body.Length > 0;
    }

    private async ValueTask<TokenCheck> FindAsync(string token, CancellationToken cancellationToken)
    {
        if (Read(token) is { } jwt && _issuers.Find(issuer => issuer.Options.Issuer == jwt.Issuer) is { } named)
            return token.Length <= named.Options.MaxToken ? await named.CheckAsync(token, jwt, cancellationToken).ConfigureAwait(false) : TokenCheck.Refused(TokenOutcome.InvalidToken);

        // Only by asking can it be known whose it is
        var outcome = TokenCheck.Refused(TokenOutcome.InvalidToken);
        var isAsked = false;
        foreach (var issuer in _issuers)
        {
            if (!issuer.Options.IsIntrospected || token.Length > issuer.Options.MaxToken)
                continue;
            isAsked = true;
            var check = await issuer.CheckAsync(token, null, cancellationToken).ConfigureAwait(false);
            if (check.Outcome is TokenOutcome.Accepted or TokenOutcome.InsufficientScope)
                return check;
            if (check.Outcome == TokenOutcome.Unavailable)
                outcome = check;
        }

        if (!isAsked)
            Log.IssuerUnknown(_logger);
        return outcome;
    }

    // Only a JWS in compact form has three parts; what is in it is believed by nobody yet
    private static JsonWebToken? Read(string token)
    {
        if (token.AsSpan().Count('.') != 2)
            return null;
        try
        {
            return new JsonWebToken(token);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or System.Text.Json.JsonException)
        {
            return null;
        }
    }

    /// <summary>One issuer: its word, or its keys.</summary>
    private sealed class Issuer : IAsyncDisposable
    {
        private readonly Introspection? _introspection;
        private readonly SigningKeys? _keys;
        private readonly SignedTokens? _signed;

        public Issuer(OAuthOptions options, IdentityMetrics metrics, TimeProvider time, ILogger logger)
        {
            Options = options;
            if (options.IsIntrospected)
            {
                _introspection = new Introspection(new ServiceClient("introspection", options.Http, metrics, time, logger), options, time, logger);
                return;
            }

            IKeySource source = options.KeysFile is { } file
                ? new KeyFile(file, options.Http.MaxAnswer.Bytes, options.MaxKeys)
                : new KeyUrl(new ServiceClient("keys", options.Http, metrics, time, logger), options);
            _keys = new SigningKeys(source, options, time, logger);
            _signed = new SignedTokens(options, _keys, time, logger);
        }

        public OAuthOptions Options { get; }

        public ValueTask<TokenCheck> CheckAsync(string token, JsonWebToken? jwt, CancellationToken cancellationToken) =>
            _introspection is { } introspection ? introspection.CheckAsync(token, cancellationToken) : _signed!.CheckAsync(jwt!, cancellationToken);

        public async ValueTask DisposeAsync()
        {
            _introspection?.Dispose();
            if (_keys is not null)
                await _keys.DisposeAsync().ConfigureAwait(false);
        }
    }
}
