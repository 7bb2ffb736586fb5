using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Identity.Http;

namespace Sora.Identity.OAuth;

/// <summary>Asks an issuer whether a token is good (RFC 7662), and remembers the answer for a moment.</summary>
internal sealed class Introspection(ServiceClient client, OAuthOptions options, TimeProvider time, ILogger logger) : IDisposable
{
    // By digest: a token in memory could be stolen from there
    private readonly ConcurrentDictionary<Digest, Remembered> _remembered = new();

    public async ValueTask<TokenCheck> CheckAsync(string token, CancellationToken cancellationToken)
    {
        var key = new Digest(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        if (_remembered.TryGetValue(key, out var known) && time.GetElapsedTime(known.At) < options.IntrospectionCache && !IsOver(known.Check))
            return known.Check;
        try
        {
            var check = await client.AskAsync(() => Request(token), Read, cancellationToken).ConfigureAwait(false);
            if (options.IntrospectionCache > TimeSpan.Zero && options.IntrospectionCacheEntries > 0)
            {
                if (_remembered.Count >= options.IntrospectionCacheEntries)
                    _remembered.Clear();
                _remembered[key] = new Remembered(check, time.GetTimestamp());
            }

            return check;
        }
        catch (ServiceException)
        {
            return TokenCheck.Refused(TokenOutcome.Unavailable);
        }
    }

    public void Dispose() => client.Dispose();

    private bool IsOver(TokenCheck check) => check.Expires is { } end && time.GetUtcNow() >= end + options.Leeway;

    private HttpRequestMessage Request(string token)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, options.IntrospectionUrl)
        {
            Content = new FormUrlEncodedContent([new("token", token), new("token_type_hint", "access_token")]),
        };
        request.Headers.Accept.ParseAdd("application/json");
        request.Headers.Authorization = options.IntrospectionToken is { } bearer
            ? new AuthenticationHeaderValue("Bearer", bearer)
            : new AuthenticationHeaderValue("Basic", Basic());
        return request;
    }

    // RFC 6749 section 2.3.1: both are form-encoded first
    private string Basic() => Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Form(options.ClientId!)}:{Form(options.ClientSecret!)}"));

    private static string Form(string text) => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal);

    private TokenCheck Read(ServiceAnswer answer)
    {
        // 401 and 403 are about this service's own right to ask (section 2.3), and say nothing of the token
        if (answer.Status != System.Net.HttpStatusCode.OK)
            throw new MalformedAnswerException(FormattableString.Invariant($"It answered with status {(int)answer.Status}"));
        using var json = Json.Parse(answer.Body);
        if (!json.RootElement.TryGetProperty("active", out var active) || active.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            throw new MalformedAnswerException("It does not say whether the token is active");
        var reason = "active";
        var check = active.ValueKind == JsonValueKind.True
            ? TokenClaims.Check(json.RootElement, options, isIntrospected: true, time.GetUtcNow(), out reason)
            : TokenCheck.Refused(TokenOutcome.InvalidToken);
        if (check.Outcome != TokenOutcome.Accepted)
            Log.TokenRefused(logger, options.Issuer, reason);
        return check;
    }

    private sealed record Remembered(TokenCheck Check, long At);

    /// <summary>SHA-256, comparable.</summary>
    private readonly struct Digest(byte[] value) : IEquatable<Digest>
    {
        private readonly byte[] _value = value;

        public bool Equals(Digest other) => _value.AsSpan().SequenceEqual(other._value);

        public override bool Equals(object? obj) => obj is Digest other && Equals(other);

        public override int GetHashCode() => BitConverter.ToInt32(_value, 0);
    }
}
