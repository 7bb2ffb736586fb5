using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Identity;
using Sora.Identity.Lookup;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Testing;

namespace Sora.Gateway.Tests.Lookup;

/// <summary>A service that knows users, over real HTTP, and what asks it.</summary>
internal sealed class LookupSite : IAsyncDisposable
{
    private static readonly PasswordHasher Hasher = new(new PasswordOptions { BcryptCost = 4, ScramIterations = 4096 });

    private readonly IdentityMetrics _metrics = new();

    private LookupSite(WebPeer peer, string domain, Action<LookupOptions>? change)
    {
        Peer = peer;
        Domain = domain;
        peer.Answer = AnswerAsync;
        var options = new LookupOptions { Url = peer.Url, Domains = [domain], LoginCache = TimeSpan.Zero, RecipientCache = TimeSpan.Zero, NotFoundCache = TimeSpan.Zero };
        change?.Invoke(options);
        options.Validate().ShouldBeEmpty();
        Lookup = new HttpAccountLookup(options, _metrics, TimeProvider.System, NullLoggerFactory.Instance);
    }

    public WebPeer Peer { get; }

    public HttpAccountLookup Lookup { get; }

    public string Domain { get; }

    /// <summary>The answer for each address.</summary>
    public ConcurrentDictionary<string, object> Users { get; } = new();

    public static async Task<LookupSite> StartAsync(string domain, Action<LookupOptions>? change = null) => new(await WebPeer.StartAsync(), domain, change);

    public string Address(string name) => $"{name}@{Domain}";

    /// <summary>A user with a password; what else there is to say of it may be given.</summary>
    public string Add(string name, string password = "secret", string[]? aliases = null, object? quota = null)
    {
        var address = Address(name);
        var answer = new { result = "found", address, password_hash = Hasher.Hash(password), aliases, quota };
        foreach (var each in (aliases ?? []).Append(address))
            Users[each] = answer;
        return address;
    }

    public async ValueTask DisposeAsync()
    {
        await Lookup.DisposeAsync();
        await Peer.DisposeAsync();
        _metrics.Dispose();
    }

    private async Task AnswerAsync(HttpContext context, WebRequest request)
    {
        using var asked = JsonDocument.Parse(request.Body);
        var address = asked.RootElement.GetProperty("address").GetString()!;
        var answer = JsonSerializer.Serialize(Users.GetValueOrDefault(address) ?? new { result = "not_found" });

        // As a service does that checks passwords
        if (asked.RootElement.TryGetProperty("password", out var password)
            && JsonDocument.Parse(answer).RootElement.TryGetProperty("password_hash", out var hash) && !Hasher.Verify(password.GetString()!, hash.GetString()!))
            answer = """{"result":"wrong_password"}""";
        await WebPeer.JsonAsync(context, answer);
    }
}
