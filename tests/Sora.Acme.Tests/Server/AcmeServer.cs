using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using Sora.Testing;

namespace Sora.Acme.Tests.Server;

/// <summary>
/// An ACME server (RFC 8555) as strict as the real ones: it checks signatures, nonces, URLs and states, connects to the host that is to be proven, looks at the request for a certificate, and issues from
/// an authority of its own. It can be told to misbehave as the RFC lets a server do.
/// </summary>
internal sealed class AcmeServer : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly WebApplication _app;
    private readonly TestAuthority _https = new("HTTPS authority");
    private readonly TestAuthority _issuer = new("ACME issuer");
    private readonly ConcurrentDictionary<string, AcmeServerAccount> _accounts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, AcmeServerOrder> _orders = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, AcmeServerAuthorization> _authorizations = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _nonces = new(StringComparer.Ordinal);
    private int _badNonces;

    private AcmeServer(WebApplication app)
    {
        _app = app;
        File.WriteAllText(_folder.File("https.pem"), _https.Pem);
    }

    /// <summary>PEM file with who vouches for its HTTPS.</summary>
    public string CaFile => _folder.File("https.pem");

    public string Directory => Url("directory");

    public TestAuthority Issuer => _issuer;

    public IReadOnlyCollection<AcmeServerAccount> Accounts => [.. _accounts.Values];

    /// <summary>In the order in which they were made.</summary>
    public IReadOnlyList<AcmeServerOrder> Orders => [.. _orders.Values.OrderBy(order => order.Number)];

    /// <summary>Where hosts are looked for: all are on this machine.</summary>
    public int HttpPort { get; set; }

    public int TlsPort { get; set; }

    /// <summary>The next so many requests are refused with badNonce, though their nonce is good (section 6.5).</summary>
    public int BadNonces { get => _badNonces; set => _badNonces = value; }

    /// <summary>New orders are refused: status, type of the error, Retry-After in seconds.</summary>
    public (int Status, string Type, int? RetryAfter)? RefuseOrders { get; set; }

    /// <summary>Keys of accounts that are known elsewhere (section 7.3.4); none wants any.</summary>
    public Dictionary<string, byte[]> ExternalAccounts { get; } = new(StringComparer.Ordinal);

    /// <summary>How long what is issued is valid.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromDays(90);

    /// <summary>When certificates are to be renewed (RFC 9773); null: the server has no suggestions.</summary>
    public (DateTimeOffset Start, DateTimeOffset End)? RenewalWindow { get; set; }

    /// <summary>How often it says that it is still at it.</summary>
    public int ProcessingAnswers { get; set; }

    /// <summary>It forgets its accounts, as servers for trying out do.</summary>
    public void ForgetAccounts() => _accounts.Clear();

    public static async Task<AcmeServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        AcmeServer server = null!;
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificateSelector = (_, _) => server.HttpsCertificate,
        })));
        builder.WebHost.UseKestrelHttpsConfiguration();
        var app = builder.Build();
        server = new AcmeServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _https.Dispose();
        _issuer.Dispose();
        _httpsCertificate?.Dispose();
        _folder.Dispose();
    }

    private X509Certificate2? _httpsCertificate;

    private X509Certificate2 HttpsCertificate
    {
        get
        {
            if (_httpsCertificate is not null)
                return _httpsCertificate;
            using var loaded = _https.Issue("localhost").Load();
            return _httpsCertificate = X509CertificateLoader.LoadPkcs12(loaded.Export(X509ContentType.Pkcs12), null);
        }
    }

    private string Url(string path) => $"https://localhost:{new Uri(_app.Urls.First()).Port.ToString(CultureInfo.InvariantCulture)}/{path}";

    private string NewNonce()
    {
        var nonce = Guid.NewGuid().ToString("N");
        _nonces[nonce] = 0;
        return nonce;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        try
        {
            context.Response.Headers["Replay-Nonce"] = NewNonce();
            await RouteAsync(context);
        }
        catch (AcmeProblem problem)
        {
            context.Response.StatusCode = problem.Status;
            context.Response.ContentType = "application/problem+json";
            if (problem.RetryAfter is { } seconds)
                context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            await context.Response.WriteAsync(problem.ToJson());
        }
    }

    private async Task RouteAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.Trim('/').Split('/');
        if (context.Request.Headers.UserAgent.Count == 0)
            throw new AcmeProblem(400, "malformed", "Section 6.1: no User-Agent");
        switch (context.Request.Method, path[0])
        {
            case ("GET", "directory"):
                var directory = new JsonObject
                {
                    ["newNonce"] = Url("nonce"),
                    ["newAccount"] = Url("account"),
                    ["newOrder"] = Url("order"),
                    ["revokeCert"] = Url("revoke"),
                    ["keyChange"] = Url("key"),
                    ["meta"] = new JsonObject { ["externalAccountRequired"] = ExternalAccounts.Count > 0, ["termsOfService"] = Url("terms") },
                };
                if (RenewalWindow is not null)
                    directory["renewalInfo"] = Url("renewal");
                await WriteAsync(context, 200, directory);
                return;
            case ("HEAD", "nonce"):
                context.Response.StatusCode = 200;
                return;
            case ("GET", "renewal") when RenewalWindow is { } window:
                if (!Orders.Any(order => order.Issued is { } issued && AcmeServerOrder.RenewalName(issued) == path[1]))
                    throw new AcmeProblem(404, "malformed", "No such certificate");
                await WriteAsync(context, 200, new JsonObject
                {
                    ["suggestedWindow"] = new JsonObject { ["start"] = window.Start.UtcDateTime.ToString("o", CultureInfo.InvariantCulture), ["end"] = window.End.UtcDateTime.ToString("o", CultureInfo.InvariantCulture) },
                });
                return;
            case ("POST", _):
                await PostAsync(context, path);
                return;
            default:
                throw new AcmeProblem(405, "malformed", "Nothing here");
        }
    }

    private async Task PostAsync(HttpContext context, string[] path)
    {
        if (context.Request.ContentType != "application/jose+json")
            throw new AcmeProblem(415, "malformed", "Section 6.2: not application/jose+json");
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        var jws = SignedRequest.Read(body.RootElement, kid => _accounts.GetValueOrDefault(kid)?.Key);
        if (!_nonces.TryRemove(jws.Nonce, out _) || Interlocked.Decrement(ref _badNonces) >= 0)
            throw new AcmeProblem(400, "badNonce", "That nonce is not good");
        if (jws.Url != Url(string.Join('/', path)))
            throw new AcmeProblem(403, "unauthorized", "Section 6.4: signed for another URL");
        if (path is ["account"])
        {
            await NewAccountAsync(context, jws);
            return;
        }

        // Section 6.2: an account's key is named by the account's URL
        if (jws.Account is not { } kid || !_accounts.TryGetValue(kid, out var account))
            throw new AcmeProblem(400, "accountDoesNotExist", "There is no such account");
        switch (path)
        {
            case ["account", _]:
                if (jws.Url != kid)
                    throw new AcmeProblem(403, "unauthorized", "Another's account");
                if (jws.Payload is { } update && update.TryGetProperty("contact", out var contact))
                    account.Contacts = [.. contact.EnumerateArray().Select(static one => one.GetString()!)];
                await WriteAsync(context, 200, account.ToJson());
                return;
            case ["order"]:
                await NewOrderAsync(context, account, jws);
                return;
            case ["order", var number]:
                await ShowOrderAsync(context, Own(_orders, number, account, static order => order.Account), jws);
                return;
            case ["authorization", var number]:
                jws.MustBePostAsGet();
                var shown = Own(_authorizations, number, account, static one => one.Account);
                await WriteAsync(context, 200, shown.ToJson(Url));
                return;
            case ["challenge", var number, var type]:
                var authorization = Own(_authorizations, number, account, static one => one.Account);
                if (jws.Payload is not { } empty || empty.EnumerateObject().Any())
                    throw new AcmeProblem(400, "malformed", "Section 7.5.1: the response is {}");
                await ProveAsync(context, account, authorization, type);
                return;
            case ["finalize", var number]:
                await FinalizeAsync(context, Own(_orders, number, account, static order => order.Account), jws);
                return;
            case ["certificate", var number]:
                jws.MustBePostAsGet();
                var order = Own(_orders, number, account, static one => one.Account);
                context.Response.ContentType = "application/pem-certificate-chain";
                await context.Response.WriteAsync(order.Issued!.ExportCertificatePem() + "\n" + _issuer.Pem);
                return;
            default:
                throw new AcmeProblem(404, "malformed", "Nothing here");
        }
    }

    private static T Own<T>(ConcurrentDictionary<string, T> all, string number, AcmeServerAccount account, Func<T, AcmeServerAccount> owner) =>
        all.TryGetValue(number, out var found) && owner(found) == account ? found : throw new AcmeProblem(404, "malformed", "No such thing of yours");

    private async Task NewAccountAsync(HttpContext context, SignedRequest jws)
    {
        if (jws.Key is not { } key || jws.Payload is not { } payload)
            throw new AcmeProblem(400, "malformed", "Section 7.3: a new account sends its key");
        if (_accounts.Values.FirstOrDefault(one => one.Thumbprint == key.Thumbprint) is { } known)
        {
            context.Response.Headers.Location = known.Url;
            await WriteAsync(context, 200, known.ToJson());
            return;
        }

        if (!payload.TryGetProperty("termsOfServiceAgreed", out var agreed) || agreed.ValueKind != JsonValueKind.True)
            throw new AcmeProblem(403, "userActionRequired", "The terms must be agreed to");
        string? external = null;
        if (ExternalAccounts.Count > 0)
        {
            if (!payload.TryGetProperty("externalAccountBinding", out var binding))
                throw new AcmeProblem(403, "externalAccountRequired", "Whose account is it?");
            external = SignedRequest.CheckBinding(binding, key, Url("account"), ExternalAccounts);
        }

        var account = new AcmeServerAccount(Url($"account/{Guid.NewGuid():N}"), key)
        {
            External = external,
            Contacts = payload.TryGetProperty("contact", out var contact) ? [.. contact.EnumerateArray().Select(static one => one.GetString()!)] : [],
        };
        _accounts[account.Url] = account;
        context.Response.Headers.Location = account.Url;
        await WriteAsync(context, 201, account.ToJson());
    }

    private async Task NewOrderAsync(HttpContext context, AcmeServerAccount account, SignedRequest jws)
    {
        if (RefuseOrders is { } refusal)
            throw new AcmeProblem(refusal.Status, refusal.Type, "Not now") { RetryAfter = refusal.RetryAfter };
        if (jws.Payload is not { } payload || !payload.TryGetProperty("identifiers", out var identifiers))
            throw new AcmeProblem(400, "malformed", "No identifiers");
        var hosts = identifiers.EnumerateArray().Select(one => one.GetProperty("type").GetString() == "dns" ? one.GetProperty("value").GetString()! : throw new AcmeProblem(400, "unsupportedIdentifier", "Not dns")).ToArray();
        var order = new AcmeServerOrder(account, _orders.Count + 1, hosts)
        {
            Replaces = payload.TryGetProperty("replaces", out var replaces) ? replaces.GetString() : null,
            ProcessingAnswers = ProcessingAnswers,
        };
        foreach (var host in hosts)
        {
            // What is proven stays so for the account
            var authorization = _authorizations.Values.FirstOrDefault(one => one.Account == account && one.Host == host && one.Status == "valid")
                ?? new AcmeServerAuthorization(account, _authorizations.Count + 1, host);
            _authorizations[authorization.Id] = authorization;
            order.Authorizations.Add(authorization);
        }

        _orders[order.Id] = order;
        context.Response.Headers.Location = Url("order/" + order.Id);
        await WriteAsync(context, 201, order.ToJson(Url));
    }

    private async Task ShowOrderAsync(HttpContext context, AcmeServerOrder order, SignedRequest jws)
    {
        jws.MustBePostAsGet();
        if (order.Issued is not null && order.ProcessingAnswers > 0)
        {
            order.ProcessingAnswers--;
            context.Response.Headers.RetryAfter = "1";
            await WriteAsync(context, 200, order.ToJson(Url, "processing"));
            return;
        }

        await WriteAsync(context, 200, order.ToJson(Url));
    }

    private async Task ProveAsync(HttpContext context, AcmeServerAccount account, AcmeServerAuthorization authorization, string type)
    {
        if (authorization.Status == "pending")
        {
            var problem = type == "http-01"
                ? await Validation.HttpAsync(authorization, account, HttpPort)
                : await Validation.TlsAlpnAsync(authorization, account, TlsPort);
            authorization.Settle(type, problem);
        }

        await WriteAsync(context, 200, authorization.ChallengeJson(type, Url));
    }

    private async Task FinalizeAsync(HttpContext context, AcmeServerOrder order, SignedRequest jws)
    {
        if (order.Status != "ready")
            throw new AcmeProblem(403, "orderNotReady", "Not all is proven");
        order.Issue(jws.Payload!.Value.GetProperty("csr").GetString()!, _issuer, Lifetime);
        await WriteAsync(context, 200, order.ToJson(Url, order.ProcessingAnswers > 0 ? "processing" : null));
    }

    private static async Task WriteAsync(HttpContext context, int status, JsonObject json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(json.ToJsonString());
    }
}
