using System.Text;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Relay;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary>A node that sends. What comes in for it to send on is a bounce of a message that it is supposed to have redirected.</summary>
public sealed class RelayTests
{
    private const string Secret = "a secret of the tests";

    [Fact]
    public async Task A_bounce_goes_on_to_the_sender_of_the_redirected_message_and_nothing_else_does()
    {
        await using var peer = new SmtpPeer();
        await using var sora = await StartAsync(peer);
        using (var lmtp = await LmtpClient.ConnectAsync(sora.LmtpPort))
        {
            var replies = await lmtp.DeliverAsync("", [Rewritten, sora.FirstAccount.Address, "SRS0=AAAAAAAA=AA=example.net=ada@example.org"], Bounce("1"));
            replies.Select(static reply => reply.Code).ShouldBe([250, 250, 550]);
            replies[0].Text.ShouldContain("on its way");

            // The same again is the same
            (await lmtp.DeliverAsync("", [Rewritten], Bounce("1"))).Single().Code.ShouldBe(250);
            (await lmtp.DeliverAsync("spam@example.com", [Rewritten], Bounce("2"))).Single().Code.ShouldBe(550);
        }

        await Eventually.WaitAsync(() => !peer.Messages.IsEmpty);
        using var imap = await ImapClient.OpenInboxAsync(sora.ImapPort, sora.FirstAccount.Address, sora.FirstAccount.Password);
        var received = peer.Messages.ShouldHaveSingleItem();
        received.Mail.ShouldStartWith("MAIL FROM:<>");
        received.Recipients.ShouldBe(["RCPT TO:<ada@example.net> NOTIFY=NEVER"]);
        received.Text.ShouldStartWith("Received: from client.example ");
        received.Text.ShouldEndWith(Encoding.UTF8.GetString(Bounce("1")));

        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri($"http://127.0.0.1:{sora.HttpPort}/metrics"));
        metrics.ShouldContain("sora_relay_recipients_total{outcome=\"sent\"} 1");
        metrics.ShouldContain("sora_relay_enqueued_total{kind=\"report\",status=\"already_queued\"} 1");
        metrics.ShouldContain("sora_relay_queue_recipients");
    }

    [Fact]
    public async Task What_was_acknowledged_is_sent_although_the_node_is_killed_while_it_sends()
    {
        await using var peer = new SmtpPeer();
        peer.On("MAIL", "");
        await using var sora = await StartAsync(peer);
        using (var lmtp = await LmtpClient.ConnectAsync(sora.LmtpPort))
            (await lmtp.DeliverAsync("", [Rewritten], Bounce("1"))).Single().Code.ShouldBe(250);
        await Eventually.WaitAsync(() => peer.Commands.Any(static command => command.StartsWith("MAIL", StringComparison.Ordinal)));
        await sora.KillAsync();
        await sora.StartAgainAsync();
        await Eventually.WaitAsync(() => !peer.Messages.IsEmpty);
        peer.Messages.ShouldHaveSingleItem();
    }

    private static string Rewritten => new SenderRewriting([Secret], "example.org", TimeSpan.FromDays(21), TimeProvider.System).Encode("ada@example.net");

    private static byte[] Bounce(string id) => Encoding.ASCII.GetBytes($"Message-ID: <{id}@example.net>\r\nSubject: Undelivered\r\n\r\n.text\r\n");

    private static Task<SoraProcess> StartAsync(SmtpPeer peer) => SoraProcess.StartAsync(
        $"relay.hosts=[\"{peer.Address}\"]", "relay.tls=none", "relay.lease=5s", "relay.srs.domain=example.org", $"relay.srs.secrets=[\"{Secret}\"]",
        "passwords.bcrypt_cost=4");
}
