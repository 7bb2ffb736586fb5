using System.Net;
using System.Net.Sockets;
using System.Text;
using Sora.Acme.Tests.Server;
using Sora.Contracts;

namespace Sora.Acme.Tests;

/// <summary>The listener that is open to the world.</summary>
public sealed class HttpTests
{
    [Fact]
    public async Task It_answers_what_a_node_has_published_and_nothing_else()
    {
        await using var server = await AcmeServer.StartAsync();
        await using var node = await AcmeFixture.StartAsync();
        await using var other = await AcmeFixture.StartAsync(node.Address);
        var port = await node.AnswerHttpAsync(AcmeFixture.Options(server, "mail.example.org"));
        var challenge = new AcmeChallenge(AcmeChallenge.Http, "tok-en_1", "mail.example.org", "tok-en_1.thumbprint");
        await other.State.PutChallengeAsync(challenge, TimeSpan.FromMinutes(5), CancellationToken.None);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        (await http.GetStringAsync("/.well-known/acme-challenge/tok-en_1")).ShouldBe("tok-en_1.thumbprint");
        foreach (var path in new[] { "/", "/.well-known/acme-challenge/", "/.well-known/acme-challenge/other", "/.well-known/acme-challenge/tok-en_1/x", "/metrics", "/.well-known/acme-challenge/%27%00" })
        {
            using var answer = await http.GetAsync(path);
            answer.StatusCode.ShouldBeOneOf(HttpStatusCode.NotFound, HttpStatusCode.BadRequest);
            (await answer.Content.ReadAsStringAsync()).ShouldBeEmpty();
        }

        using (var post = await http.PostAsync("/.well-known/acme-challenge/tok-en_1", null))
            post.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await other.State.DeleteChallengeAsync(challenge, CancellationToken.None);
        using (var gone = await http.GetAsync("/.well-known/acme-challenge/tok-en_1"))
            gone.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_answer_that_is_too_old_is_none()
    {
        await using var node = await AcmeFixture.StartAsync();
        await node.State.PutChallengeAsync(new AcmeChallenge(AcmeChallenge.TlsAlpn, "t", "mail.example.org", "t.x"), TimeSpan.FromSeconds(-1), CancellationToken.None);
        (await node.State.FindTlsAsync("mail.example.org", CancellationToken.None)).Value.ShouldBeNull();
    }

    [Fact]
    public async Task A_body_is_not_read()
    {
        await using var server = await AcmeServer.StartAsync();
        await using var node = await AcmeFixture.StartAsync();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, await node.AnswerHttpAsync(AcmeFixture.Options(server, "mail.example.org")));
        await socket.SendAsync(Encoding.ASCII.GetBytes("GET /.well-known/acme-challenge/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"));
        var buffer = new byte[4096];
        var count = await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromMinutes(1));
        Encoding.ASCII.GetString(buffer, 0, count).ShouldStartWith("HTTP/1.1 404");
    }
}
