using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Identity.OAuth;
using Sora.Testing;

namespace Sora.Identity.Tests;

/// <summary>RFC 7662, with a real service.</summary>
public sealed class IntrospectionTests : IAsyncLifetime, IDisposable
{
    private readonly IdentityMetrics _metrics = new();
    private readonly TestClock _clock = new();
    private WebPeer _peer = null!;
    private OAuthOptions _options = null!;
    private string _answer = """{"active":true,"email":"User@example.com","scope":"mail"}""";

    public async Task InitializeAsync()
    {
        _peer = await WebPeer.StartAsync();
        _peer.Answer = (context, _) => WebPeer.JsonAsync(context, _answer);
        _options = new OAuthOptions
        {
            Issuer = _peer.Url, IntrospectionUrl = _peer.Url + "/introspect", ClientId = "so ra", ClientSecret = "s%cret:", IntrospectionCache = TimeSpan.FromSeconds(5),
        };
        _options.Validate().ShouldBeEmpty();
    }

    public async Task DisposeAsync() => await _peer.DisposeAsync();

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public async Task The_issuer_is_asked_in_the_form_of_the_rfc()
    {
        await using var verifier = Verifier();
        var check = await CheckAsync(verifier, "opaque+token/=");
        check.ShouldBe(new TokenCheck(TokenOutcome.Accepted, "user@example.com", null));
        var request = _peer.Requests.ShouldHaveSingleItem();
        request.Method.ShouldBe("POST");
        request.Body.ShouldBe("token=opaque%2Btoken%2F%3D&token_type_hint=access_token");
        Encoding.ASCII.GetString(Convert.FromBase64String(request.Authorization["Basic ".Length..])).ShouldBe("so+ra:s%25cret%3A");
    }

    [Fact]
    public async Task Or_with_a_bearer_token()
    {
        (_options.ClientId, _options.ClientSecret, _options.IntrospectionToken) = (null, null, "abc");
        _options.Validate().ShouldBeEmpty();
        await using var verifier = Verifier();
        (await CheckAsync(verifier, "t")).Outcome.ShouldBe(TokenOutcome.Accepted);
        _peer.Requests.ShouldHaveSingleItem().Authorization.ShouldBe("Bearer abc");
    }

    [Theory]
    [InlineData("""{"active":false}""", TokenOutcome.InvalidToken)]
    [InlineData("""{"active":false,"email":"user@example.com"}""", TokenOutcome.InvalidToken)]
    [InlineData("""{"active":true}""", TokenOutcome.InvalidToken)]
    [InlineData("""{"active":true,"email":"user@example.com","exp":1000}""", TokenOutcome.InvalidToken)]
    [InlineData("""{"active":true,"email":"user@example.com","iss":"https://other.example"}""", TokenOutcome.InvalidToken)]
    [InlineData("""{"active":true,"email":"user@example.com","email_verified":false}""", TokenOutcome.InvalidToken)]
    [InlineData("""{"active":"true","email":"user@example.com"}""", TokenOutcome.Unavailable)]
    [InlineData("""{"email":"user@example.com"}""", TokenOutcome.Unavailable)]
    [InlineData("""[]""", TokenOutcome.Unavailable)]
    [InlineData("""<html>""", TokenOutcome.Unavailable)]
    public async Task Answers(string answer, TokenOutcome expected)
    {
        _answer = answer;
        await using var verifier = Verifier();
        (await CheckAsync(verifier, "token")).Outcome.ShouldBe(expected);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_refusal_to_tell_says_nothing_of_the_token(int status)
    {
        _peer.Answer = (context, _) => WebPeer.JsonAsync(context, _answer, status);
        await using var verifier = Verifier();
        (await CheckAsync(verifier, "token")).Outcome.ShouldBe(TokenOutcome.Unavailable);
    }

    [Fact]
    public async Task The_word_of_the_issuer_holds_for_a_short_time_and_not_beyond_the_end_of_the_token()
    {
        _options.Leeway = TimeSpan.Zero;
        _answer = string.Create(null, $$"""{"active":true,"email":"user@example.com","exp":{{_clock.GetUtcNow().AddSeconds(8).ToUnixTimeSeconds()}}}""");
        await using var verifier = Verifier();
        (await CheckAsync(verifier, "token")).Outcome.ShouldBe(TokenOutcome.Accepted);
        (await CheckAsync(verifier, "token")).Outcome.ShouldBe(TokenOutcome.Accepted);
        _peer.Requests.Count.ShouldBe(1);
        (await CheckAsync(verifier, "token2")).Outcome.ShouldBe(TokenOutcome.Accepted);
        _peer.Requests.Count.ShouldBe(2);
        _clock.Advance(TimeSpan.FromSeconds(5));
        (await CheckAsync(verifier, "token")).Outcome.ShouldBe(TokenOutcome.Accepted);
        _peer.Requests.Count.ShouldBe(3);
        _clock.Advance(TimeSpan.FromSeconds(4));
        (await CheckAsync(verifier, "token")).Outcome.ShouldBe(TokenOutcome.InvalidToken);
        _answer = """{"active":false}""";
        _clock.Advance(TimeSpan.FromSeconds(5));
        (await CheckAsync(verifier, "token2")).Outcome.ShouldBe(TokenOutcome.InvalidToken, "it was revoked");
    }

    [Fact]
    public async Task A_service_that_fails_is_left_alone_until_one_request_has_found_it_back()
    {
        _options.IntrospectionCache = TimeSpan.Zero;
        _peer.Answer = (context, _) => WebPeer.JsonAsync(context, "", 503);
        await using var verifier = Verifier();
        for (var i = 0; i < 20; i++)
            (await CheckAsync(verifier, "token")).Outcome.ShouldBe(TokenOutcome.Unavailable);
        _peer.Requests.Count.ShouldBe(_options.Http.MinRequests);

        // The probe comes when its time has come, fails, and the next one does not
        _clock.Advance(_options.Http.Pause);
        (await CheckAsync(verifier, "token")).Outcome.ShouldBe(TokenOutcome.Unavailable);
        (await CheckAsync(verifier, "token")).Outcome.ShouldBe(TokenOutcome.Unavailable);
        _peer.Requests.Count.ShouldBe(_options.Http.MinRequests + 1);
        _peer.Answer = (context, _) => WebPeer.JsonAsync(context, _answer);
        _clock.Advance(_options.Http.Pause);
        for (var i = 0; i < 5; i++)
            (await CheckAsync(verifier, "token")).Outcome.ShouldBe(TokenOutcome.Accepted);
    }

    [Fact]
    public async Task Requests_at_the_same_time_are_bounded_and_so_are_those_that_wait()
    {
        (_options.Http.MaxConcurrent, _options.Http.MaxWaiting, _options.Http.Timeout) = (2, 1, TimeSpan.FromSeconds(30));
        using var release = new SemaphoreSlim(0);
        _peer.Answer = async (context, _) =>
        {
            await release.WaitAsync(context.RequestAborted);
            await WebPeer.JsonAsync(context, _answer);
        };
        await using var verifier = Verifier();
        var first = Enumerable.Range(0, 2).Select(i => CheckAsync(verifier, $"token{i}")).ToList();
        await Eventually.WaitAsync(() => _peer.Requests.Count == 2);
        var waiting = CheckAsync(verifier, "waits");
        (await CheckAsync(verifier, "too much")).Outcome.ShouldBe(TokenOutcome.InvalidRequest);
        (await CheckAsync(verifier, "toomuch")).Outcome.ShouldBe(TokenOutcome.Unavailable);
        _peer.Requests.Count.ShouldBe(2);
        release.Release(3);
        (await Task.WhenAll([.. first, waiting])).ShouldAllBe(check => check.Outcome == TokenOutcome.Accepted);
    }

    private TokenVerifier Verifier() => new([_options], _metrics, _clock, NullLoggerFactory.Instance);

    private static async Task<TokenCheck> CheckAsync(TokenVerifier verifier, string token) => await verifier.CheckAsync(token, CancellationToken.None);
}
