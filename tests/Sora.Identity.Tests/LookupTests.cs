using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Identity.Lookup;
using Sora.Testing;

namespace Sora.Identity.Tests;

/// <summary>The service of [auth.lookup], over real HTTP.</summary>
public sealed class LookupTests : IAsyncLifetime, IDisposable
{
    private const string User = "user@example.com";

    private readonly IdentityMetrics _metrics = new();
    private readonly TestClock _clock = new();
    private readonly LookupOptions _options = new() { Token = "secret-token", Domains = ["example.com"] };
    private WebPeer _peer = null!;
    private string _answer = """{"result":"found","password_hash":"hash 1"}""";

    public async Task InitializeAsync()
    {
        _peer = await WebPeer.StartAsync();
        _peer.Answer = (context, _) => WebPeer.JsonAsync(context, _answer);
        _options.Url = _peer.Url + "/lookup";
        _options.Validate().ShouldBeEmpty();
    }

    public async Task DisposeAsync() => await _peer.DisposeAsync();

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public async Task What_is_asked()
    {
        await using var lookup = Lookup();
        (await lookup.LogInAsync(new ExternalLoginRequest(User, "p\u00E4ss", "imap", IPAddress.Parse("192.0.2.7")), default)).Value.Account!.PasswordHash.ShouldBe("hash 1");
        await lookup.FindAsync("other@example.com", default);
        var requests = _peer.Requests.ToArray();
        requests.ShouldAllBe(request => request.Method == "POST" && request.Authorization == "Bearer secret-token" && request.Path == "/lookup");
        requests[0].Body.ShouldBe("""{"address":"user@example.com","purpose":"login","protocol":"imap","client":"192.0.2.7"}""");
        requests[1].Body.ShouldBe("""{"address":"other@example.com","purpose":"recipient"}""");
    }

    [Fact]
    public async Task Everything_that_may_be_told()
    {
        _answer = """
            {"result":"found","address":"Primary@Example.com","aliases":["User@example.com","primary@example.com","b@example.com"],"password_hash":null,
             "quota":{"storage":1000,"messages":null,"mailboxes":5},"more":{"x":1}}
            """;
        await using var lookup = Lookup();
        var found = (await lookup.FindAsync(User, default)).Value.ShouldNotBeNull();
        found.Address.ShouldBe("primary@example.com");
        found.Aliases.ShouldBe([User, "b@example.com"]);
        found.Quota.ShouldBe(new QuotaLimits(1000, null, 5));
        found.PasswordHash.ShouldBeNull();
    }

    [Theory]
    [InlineData("user@example.com", true)]
    [InlineData("user@EXAMPLE.com", true)]
    [InlineData("user@example.org", false)]
    [InlineData("user", false)]
    [InlineData("@example.com", false)]
    [InlineData("user@", false)]
    public async Task Only_some_domains_are_asked_about(string address, bool expected)
    {
        await using var lookup = Lookup();
        lookup.Covers(address).ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"result":"yes"}""")]
    [InlineData("""{"result":true}""")]
    [InlineData("""{"result":"unchanged"}""")]
    [InlineData("""{"result":"wrong_password"}""")]
    [InlineData("""{"result":"found","result":"not_found"}""")]
    [InlineData("""{"result":"found","address":""}""")]
    [InlineData("""{"result":"found","address":7}""")]
    [InlineData("""{"result":"found","address":"a@b@example.com"}""")]
    [InlineData("""{"result":"found","address":"user@other.example"}""")]
    [InlineData("""{"result":"found","aliases":"user@other.example"}""")]
    [InlineData("""{"result":"found","aliases":[7]}""")]
    [InlineData("""{"result":"found","aliases":["a@example.com","b@example.com","c@example.com"]}""")]
    [InlineData("""{"result":"found","password_hash":7}""")]
    [InlineData("""{"result":"found","quota":7}""")]
    [InlineData("""{"result":"found","quota":{"storage":-1}}""")]
    [InlineData("""{"result":"found","quota":{"storage":"1GB"}}""")]
    [InlineData("huge")]
    [InlineData("deep")]
    public async Task What_is_no_answer_refuses_nobody(string answer)
    {
        _options.MaxAliases = 2;
        _answer = answer switch
        {
            "huge" => _answer + new string(' ', 300_000),
            "deep" => $$"""{"result":"not_found","x":{{new string('[', 1000)}}{{new string(']', 1000)}}}""",
            _ => answer,
        };
        await using var lookup = Lookup();
        (await LoginAsync(lookup)).Error!.Code.ShouldBe(MailErrorCode.Unavailable);
        (await lookup.FindAsync(User, default)).Error!.Code.ShouldBe(MailErrorCode.Unavailable);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(302)]
    [InlineData(204)]
    public async Task A_status_that_is_not_200_refuses_nobody(int status)
    {
        _peer.Answer = (context, _) =>
        {
            if (status == 302)
                context.Response.Headers.Location = _peer.Url + "/elsewhere";
            return status == 204 ? Empty(context) : WebPeer.JsonAsync(context, """{"result":"not_found"}""", status);
        };
        await using var lookup = Lookup();
        (await LoginAsync(lookup)).Error!.Code.ShouldBe(MailErrorCode.Unavailable);
        _peer.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_page_for_people_says_nothing_of_users()
    {
        _peer.Answer = (context, _) =>
        {
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("""{"result":"not_found"}""");
        };
        await using var lookup = Lookup();
        (await LoginAsync(lookup)).Error!.Code.ShouldBe(MailErrorCode.Unavailable);
    }

    [Fact]
    public async Task A_changed_password_is_known_five_seconds_later_at_most()
    {
        await using var lookup = Lookup();
        (await LoginAsync(lookup)).Value.Account!.PasswordHash.ShouldBe("hash 1");
        _answer = """{"result":"found","password_hash":"hash 2"}""";
        _clock.Advance(TimeSpan.FromSeconds(5));
        (await LoginAsync(lookup)).Value.Account!.PasswordHash.ShouldBe("hash 2");
        _answer = """{"result":"not_found"}""";
        _clock.Advance(TimeSpan.FromSeconds(5));
        (await LoginAsync(lookup)).Value.Account.ShouldBeNull();
    }

    [Fact]
    public async Task An_answer_is_as_old_as_its_question()
    {
        _options.Http.Timeout = TimeSpan.FromSeconds(50);
        using var asked = new SemaphoreSlim(0);
        using var release = new SemaphoreSlim(0);
        _peer.Answer = async (context, request) =>
        {
            var answer = _answer;
            if (_peer.Requests.Count == 1)
            {
                asked.Release();
                await release.WaitAsync(context.RequestAborted);
            }
            await WebPeer.JsonAsync(context, answer);
        };
        await using var lookup = Lookup();
        var first = LoginAsync(lookup);
        (await asked.WaitAsync(TimeSpan.FromMinutes(1))).ShouldBeTrue();
        _answer = """{"result":"found","password_hash":"hash 2"}""";
        _clock.Advance(TimeSpan.FromSeconds(5));

        // It does not wait for the answer to what was asked so long ago
        (await LoginAsync(lookup)).Value.Account!.PasswordHash.ShouldBe("hash 2");
        release.Release();
        (await first).Value.Account!.PasswordHash.ShouldBe("hash 1");
        (await LoginAsync(lookup)).Value.Account!.PasswordHash.ShouldBe("hash 2", "what comes late does not replace what is newer");
    }

    [Fact]
    public async Task Recipients_are_remembered_longer_and_who_is_not_there_for_a_while()
    {
        await using var lookup = Lookup();
        (await lookup.FindAsync(User, default)).Value.ShouldNotBeNull();
        _answer = """{"result":"not_found"}""";
        _clock.Advance(TimeSpan.FromSeconds(50));
        (await lookup.FindAsync(User, default)).Value.ShouldNotBeNull();
        (await lookup.FindAsync("b@example.com", default)).Value.ShouldBeNull();
        _clock.Advance(_options.NotFoundCache - TimeSpan.FromSeconds(1));
        (await lookup.FindAsync("b@example.com", default)).Value.ShouldBeNull();
        _peer.Requests.Count.ShouldBe(2);
        _answer = """{"result":"found"}""";
        _clock.Advance(TimeSpan.FromSeconds(1));
        (await lookup.FindAsync("b@example.com", default)).Value.ShouldNotBeNull();
        _peer.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task The_service_may_say_that_nothing_has_changed()
    {
        _answer = """{"result":"found","password_hash":"hash 1","version":"v1"}""";
        _peer.Answer = (context, request) => WebPeer.JsonAsync(
            context, request.Body.Contains("\"known\":\"v1\"", StringComparison.Ordinal) ? """{"result":"unchanged"}""" : _answer);
        await using var lookup = Lookup();
        var first = (await LoginAsync(lookup)).Value.Account;
        for (var i = 0; i < 3; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            (await LoginAsync(lookup)).Value.Account.ShouldBeSameAs(first);
        }

        _peer.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task While_the_service_is_away_what_it_said_is_used_but_refuses_nobody_and_not_for_ever()
    {
        await using var lookup = Lookup();
        (await LoginAsync(lookup)).Value.Account.ShouldNotBeNull();
        _answer = """{"result":"not_found"}""";
        (await LoginAsync(lookup, "gone@example.com")).Value.Account.ShouldBeNull();
        await _peer.GoAwayAsync();
        _clock.Advance(TimeSpan.FromMinutes(10));
        (await LoginAsync(lookup)).Value.Account!.PasswordHash.ShouldBe("hash 1");
        (await lookup.FindAsync(User, default)).Value.ShouldNotBeNull();
        (await LoginAsync(lookup, "gone@example.com")).Error!.Code.ShouldBe(MailErrorCode.Unavailable);
        (await LoginAsync(lookup, "new@example.com")).Error!.Code.ShouldBe(MailErrorCode.Unavailable);
        _clock.Advance(_options.Stale);
        (await LoginAsync(lookup)).Error!.Code.ShouldBe(MailErrorCode.Unavailable);

        // Back, with another password: one pause later it is known, however long the service was away
        _answer = """{"result":"found","password_hash":"hash 2"}""";
        await _peer.ComeBackAsync();
        _clock.Advance(_options.Http.Pause);
        (await LoginAsync(lookup)).Value.Account!.PasswordHash.ShouldBe("hash 2");
    }

    [Fact]
    public async Task A_service_that_is_too_slow_is_away()
    {
        _options.Http.Timeout = TimeSpan.FromMilliseconds(300);
        _peer.Answer = (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted);
        await using var lookup = Lookup();
        for (var i = 0; i < 10; i++)
            (await LoginAsync(lookup)).Error!.Code.ShouldBe(MailErrorCode.Unavailable);
        _peer.Requests.Count.ShouldBeInRange(1, _options.Http.MinRequests); // then it is left alone; one may be given up before it has arrived
    }

    [Fact]
    public async Task Those_who_ask_for_the_same_at_the_same_time_share_an_answer_that_none_of_them_can_cancel()
    {
        using var release = new SemaphoreSlim(0);
        _options.Http.Timeout = TimeSpan.FromSeconds(50);
        _peer.Answer = async (context, _) =>
        {
            await release.WaitAsync(context.RequestAborted);
            await WebPeer.JsonAsync(context, _answer);
        };
        await using var lookup = Lookup();
        using var leaving = new CancellationTokenSource();
        var left = lookup.FindAsync(User, leaving.Token).AsTask();
        var others = Enumerable.Range(0, 20).Select(_ => lookup.FindAsync(User, default).AsTask()).ToList();
        await Eventually.WaitAsync(() => _peer.Requests.Count == 1);
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => left);
        release.Release();
        (await Task.WhenAll(others)).ShouldAllBe(found => found.Value != null);
        _peer.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_service_may_check_passwords_itself()
    {
        _options.PasswordCheck = PasswordCheck.Service;
        _peer.Answer = async (context, request) =>
        {
            using var asked = JsonDocument.Parse(request.Body);
            var isRight = asked.RootElement.TryGetProperty("password", out var password) && password.GetString() == _answer;
            await WebPeer.JsonAsync(context, isRight ? """{"result":"found","password_hash":"not used"}""" : """{"result":"wrong_password"}""");
        };
        _answer = "right";
        await using var lookup = Lookup();
        (await LoginAsync(lookup, password: "wrong")).Value.ShouldBe(new ExternalLogin(null, false));
        var right = (await LoginAsync(lookup, password: "right")).Value;
        right.IsRight.ShouldBe(true);
        right.Account.ShouldBe(new ExternalAccount(User, null, null, null));
        _peer.Requests.Count.ShouldBe(2);
        (await LoginAsync(lookup, password: "right")).Value.IsRight.ShouldBe(true);
        _peer.Requests.Count.ShouldBe(2);
        (await LoginAsync(lookup, password: "wrong")).Value.IsRight.ShouldBe(false);
        _peer.Requests.Count.ShouldBe(3);

        // Changed there: the old one is good for 5 seconds at most, and while the service is away only one that was right
        _answer = "new";
        _clock.Advance(TimeSpan.FromSeconds(5));
        (await LoginAsync(lookup, password: "right")).Value.IsRight.ShouldBe(false);
        (await LoginAsync(lookup, password: "new")).Value.IsRight.ShouldBe(true);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await _peer.GoAwayAsync();
        (await LoginAsync(lookup, password: "new")).Value.IsRight.ShouldBe(true);
        (await LoginAsync(lookup, password: "right")).Error!.Code.ShouldBe(MailErrorCode.Unavailable);
        _clock.Advance(_options.Stale);
        (await LoginAsync(lookup, password: "new")).Error!.Code.ShouldBe(MailErrorCode.Unavailable);
    }

    [Fact]
    public async Task A_password_is_not_sent_unless_the_options_say_so()
    {
        await using var lookup = Lookup();
        await LoginAsync(lookup, password: "hunter2");
        _peer.Requests.ShouldAllBe(request => !request.Body.Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_cache_has_a_limit_and_strangers_do_not_empty_it()
    {
        _options.CacheEntries = 10;
        await using var lookup = Lookup();
        await LoginAsync(lookup);
        _answer = """{"result":"not_found"}""";
        for (var i = 0; i < 50; i++)
            (await LoginAsync(lookup, $"nobody{i}@example.com")).Value.Account.ShouldBeNull();
        await _peer.GoAwayAsync();
        (await LoginAsync(lookup)).Value.Account.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_service_over_tls_is_asked_when_its_authority_is_trusted()
    {
        using var folder = new TempFolder();
        using var certificate = Certificate("localhost");
        var file = Path.Combine(folder.Path, "ca.pem");
        await File.WriteAllTextAsync(file, certificate.ExportCertificatePem());
        await using var peer = await WebPeer.StartAsync(certificate);
        peer.Answer = (context, _) => WebPeer.JsonAsync(context, _answer);
        _options.Url = peer.Url + "/lookup";
        await using (var stranger = Lookup())
            (await LoginAsync(stranger)).Error!.Code.ShouldBe(MailErrorCode.Unavailable);
        peer.Requests.ShouldBeEmpty();
        _options.Http.CaFile = file;
        _options.Http.Validate().ShouldBeEmpty();
        await using (var lookup = Lookup())
            (await LoginAsync(lookup)).Value.Account.ShouldNotBeNull();

        // The right authority, but for another name
        _options.Url = peer.Url.Replace("localhost", "127.0.0.1", StringComparison.Ordinal);
        await using var other = Lookup();
        (await LoginAsync(other)).Error!.Code.ShouldBe(MailErrorCode.Unavailable);
    }

    [Theory]
    [InlineData("ftp://users.example.com", false)]
    [InlineData("http://users.example.com", false)]
    [InlineData("http://127.0.0.1:8080/x", true)]
    [InlineData("https://users.example.com/x?y=z", true)]
    [InlineData("https://user:password@users.example.com", false)]
    public void Urls(string url, bool isGood) => new LookupOptions { Url = url }.Validate().Any().ShouldBe(!isGood);

    private HttpAccountLookup Lookup() => new(_options, _metrics, _clock, NullLoggerFactory.Instance);

    private static async Task<MailResult<ExternalLogin>> LoginAsync(HttpAccountLookup lookup, string address = User, string password = "secret") =>
        await lookup.LogInAsync(new ExternalLoginRequest(address, password, "imap", IPAddress.Loopback), default);

    private static Task Empty(Microsoft.AspNetCore.Http.HttpContext context)
    {
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
