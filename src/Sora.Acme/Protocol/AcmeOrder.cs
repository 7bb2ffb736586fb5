using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Sora.Contracts;

namespace Sora.Acme.Protocol;

/// <summary>One order from its beginning to the certificate (RFC 8555 section 7.4).</summary>
internal sealed class AcmeOrder(AcmeSession session, AcmeOptions options, AcmeCertificateOptions wanted, IAcmeState state, TimeProvider time)
{
    private readonly string[] _hosts = [.. wanted.Hosts.Select(static host => host.ToLowerInvariant()).Distinct(StringComparer.Ordinal)];

    /// <summary>Orders the certificate.</summary>
    /// <param name="replaces">Name of the certificate that it takes the place of (RFC 9773 section 5); null for none.</param>
    /// <exception cref="AcmeException">There is none.</exception>
    public async Task<SharedCertificate> RunAsync(string? replaces, CancellationToken cancellationToken)
    {
        var response = await BeginAsync(replaces, cancellationToken).ConfigureAwait(false);
        var url = response.Location ?? throw new AcmeException("The server gives the order no URL");
        var order = response.Json();
        foreach (var authorization in Strings(order, "authorizations"))
            await AuthorizeAsync(authorization, cancellationToken).ConfigureAwait(false);
        order = await PollAsync(url, static status => status is not ("pending" or "processing"), cancellationToken).ConfigureAwait(false);
        if (Status(order) != "ready" && Status(order) != "valid")
            throw Failed(order, "The order is not ready");
        using var key = CertificateKey.Create(wanted.KeyType);
        if (Status(order) == "ready")
        {
            var finalize = AcmeResponse.Text(order, "finalize") ?? throw new AcmeException("The order has no finalize URL");
            await session.PostAsync(finalize, $$"""{"csr":"{{key.Request(_hosts)}}"}""", cancellationToken).ConfigureAwait(false);
            order = await PollAsync(url, static status => status != "processing", cancellationToken).ConfigureAwait(false);
        }

        if (Status(order) != "valid" || AcmeResponse.Text(order, "certificate") is not { } certificate)
            throw Failed(order, "The certificate was not issued");
        var chain = await DownloadAsync(certificate, cancellationToken).ConfigureAwait(false);
        Verify(chain, key.ExportPem());
        return new SharedCertificate(wanted.StoreName, chain, key.ExportPem());
    }

    private async Task<AcmeResponse> BeginAsync(string? replaces, CancellationToken cancellationToken)
    {
        var url = await session.ResourceAsync("newOrder", cancellationToken).ConfigureAwait(false);
        var identifiers = string.Join(',', _hosts.Select(static host => $$"""{"type":"dns","value":{{Jws.Quote(host)}}}"""));
        if (replaces is not null)
        {
            try
            {
                return await session.PostAsync(url, $$"""{"identifiers":[{{identifiers}}],"replaces":"{{replaces}}"}""", cancellationToken).ConfigureAwait(false);
            }
            catch (AcmeException e) when (e.Type is "alreadyReplaced" or "malformed" or "unauthorized" or "serverInternal")
            {
                // RFC 9773 section 5: a server that does not take it gets the order without
            }
        }

        return await session.PostAsync(url, $$"""{"identifiers":[{{identifiers}}]}""", cancellationToken).ConfigureAwait(false);
    }

    private async Task AuthorizeAsync(string url, CancellationToken cancellationToken)
    {
        var authorization = (await session.PostAsync(url, null, cancellationToken).ConfigureAwait(false)).Json();
        if (Status(authorization) == "valid")
            return; // Proven before, and the server still knows
        var host = authorization.TryGetProperty("identifier", out var identifier) && identifier.ValueKind == JsonValueKind.Object ? AcmeResponse.Text(identifier, "value") : null;
        if (host is null || !_hosts.Contains(host, StringComparer.OrdinalIgnoreCase))
            throw new AcmeException("The server wants a proof of a host that was not ordered");
        var type = options.Challenge == AcmeChallengeType.Http01 ? AcmeChallenge.Http : AcmeChallenge.TlsAlpn;
        var challenge = Challenge(authorization, type) ?? throw new AcmeException($"The server does not offer {type} for {host}");
        var token = AcmeResponse.Text(challenge, "token");
        if (string.IsNullOrEmpty(token) || !token.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            throw new AcmeException("The server's token is not base64url"); // Section 8.3: it goes into a path
        var answer = new AcmeChallenge(type, token, host.ToLowerInvariant(), session.Key.Authorization(token));
        await state.PutChallengeAsync(answer, options.OrderTimeout + options.RequestTimeout, cancellationToken).ConfigureAwait(false);
        try
        {
            var challengeUrl = AcmeResponse.Text(challenge, "url") ?? throw new AcmeException("The challenge has no URL");
            await session.PostAsync(challengeUrl, "{}", cancellationToken).ConfigureAwait(false);
            authorization = await PollAsync(url, static status => status != "pending", cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await state.DeleteChallengeAsync(answer, CancellationToken.None).ConfigureAwait(false);
        }

        if (Status(authorization) != "valid")
            throw Failed(Challenge(authorization, type) ?? authorization, $"{host} was not proven by {type}");
    }

    private async Task<JsonElement> PollAsync(string url, Func<string, bool> isOver, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var response = await session.PostAsync(url, null, cancellationToken).ConfigureAwait(false);
            var json = response.Json();
            if (isOver(Status(json)))
                return json;
            var pause = response.RetryAfter ?? options.PollInterval;
            if (time.GetElapsedTime(started) + pause > options.OrderTimeout)
                throw new AcmeException($"The server is still at it after acme.order_timeout ({Status(json)})");
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<string> DownloadAsync(string url, CancellationToken cancellationToken)
    {
        var response = await session.PostAsync(url, null, cancellationToken).ConfigureAwait(false);
        if (string.IsNullOrEmpty(options.PreferredIssuer) || EndsWith(response.Body, options.PreferredIssuer))
            return response.Body;
        foreach (var alternate in response.Alternates)
        {
            var other = await session.PostAsync(alternate, null, cancellationToken).ConfigureAwait(false);
            if (EndsWith(other.Body, options.PreferredIssuer))
                return other.Body;
        }

        return response.Body;
    }

    private static bool EndsWith(string pem, string issuer)
    {
        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(pem);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false; // Said when it is used
        }

        return chain.Count > 0 && chain[^1].GetNameInfo(X509NameType.SimpleName, forIssuer: true) == issuer;
    }

    // What is not for our hosts must not take the place of what is
    private void Verify(string chain, string key)
    {
        try
        {
            using var leaf = X509Certificate2.CreateFromPem(chain, key);
            if (Array.Find(_hosts, host => !CertificateHosts.Of(leaf).Contains(host, StringComparer.Ordinal)) is { } missing)
                throw new AcmeException($"The certificate is not for {missing}");
            if (leaf.NotAfter.ToUniversalTime() <= time.GetUtcNow().UtcDateTime)
                throw new AcmeException("The certificate has expired already");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new AcmeException("What the server gave is not a certificate of our key: " + e.Message, inner: e);
        }
    }

    private static AcmeException Failed(JsonElement json, string what) =>
        json.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object && AcmeResponse.Problem(error, null) is var problem
            ? new AcmeException($"{what}: {problem.Message}", problem.Type)
            : new AcmeException($"{what} ({Status(json)})");

    private static JsonElement? Challenge(JsonElement authorization, string type)
    {
        if (!authorization.TryGetProperty("challenges", out var challenges) || challenges.ValueKind != JsonValueKind.Array)
            return null;
        foreach (var challenge in challenges.EnumerateArray())
        {
            if (challenge.ValueKind == JsonValueKind.Object && AcmeResponse.Text(challenge, "type") == type)
                return challenge;
        }

        return null;
    }

    private static string Status(JsonElement json) => AcmeResponse.Text(json, "status") ?? "";

    private static IEnumerable<string> Strings(JsonElement json, string name) =>
        json.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Where(static item => item.ValueKind == JsonValueKind.String).Select(static item => item.GetString()!)
            : [];
}
