using System.Text.Json;
using Sora.Identity.Http;

namespace Sora.Identity.OAuth;

/// <summary>Where an issuer's keys come from.</summary>
internal interface IKeySource : IDisposable
{
    /// <summary>Reads them.</summary>
    /// <exception cref="ServiceException">They cannot be had now.</exception>
    Task<KeySet> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>A file, for sites whose issuer cannot be reached or is not to be.</summary>
internal sealed class KeyFile(string path, long maxSize, int maxKeys) : IKeySource
{
    public async Task<KeySet> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (new FileInfo(path).Length > maxSize)
                throw new ServiceException("The file is too large");
            return KeySet.Parse(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false), maxKeys);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or MalformedAnswerException)
        {
            throw new ServiceException(e.Message, e);
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>The issuer itself, at a place that is known or that it tells by OpenID Connect Discovery.</summary>
internal sealed class KeyUrl(ServiceClient client, OAuthOptions options) : IKeySource
{
    public async Task<KeySet> ReadAsync(CancellationToken cancellationToken)
    {
        var url = options.KeysUrl ?? await DiscoverAsync(cancellationToken).ConfigureAwait(false);
        return await client.AskAsync(() => Get(url), answer => KeySet.Parse(Body(answer), options.MaxKeys), cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => client.Dispose();

    private Task<string> DiscoverAsync(CancellationToken cancellationToken) => client.AskAsync(
        () => Get(options.DiscoveryUrl),
        answer =>
        {
            using var json = Json.Parse(Body(answer));

            // OpenID Connect Discovery 1.0 section 4.3: exactly the same, or somebody else answers for it
            if (Json.Text(json.RootElement, "issuer") != options.Issuer)
                throw new MalformedAnswerException("Its configuration is that of another issuer");
            if (Json.Text(json.RootElement, "jwks_uri") is not { } url || options.Http.WhyRefused(url) is not null)
                throw new MalformedAnswerException("Its configuration names no place for keys that can be used");
            return url;
        },
        cancellationToken);

    private static HttpRequestMessage Get(string url)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Accept.ParseAdd("application/json");
        request.Headers.Accept.ParseAdd("application/jwk-set+json");
        return request;
    }

    private static byte[] Body(ServiceAnswer answer) =>
        answer.Status == System.Net.HttpStatusCode.OK
            ? answer.Body
            : throw new MalformedAnswerException(FormattableString.Invariant($"It answered with status {(int)answer.Status}"));
}
