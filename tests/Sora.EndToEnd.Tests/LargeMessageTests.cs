using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;

namespace Sora.EndToEnd.Tests;

[Collection(SharedServerTests.Name)]
public sealed class LargeMessageTests(SharedServer server)
{
    private const int Size = 40 * 1024 * 1024;
    private readonly SoraProcess _sora = server.Sora;
    private readonly string _user = server.NextAccount();

    [Fact]
    public async Task A_message_of_40_MiB_comes_back_byte_for_byte()
    {
        var sent = TestMail.Make(7, Size);
        using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, _user, SharedServer.Password);
        using (var lmtp = await LmtpClient.ConnectAsync(_sora.LmtpPort))
            await lmtp.DeliverAsync(_user, sent);
        await imap.OkAsync("NOOP");
        await imap.OkAsync("FETCH 1:* (UID)");
        var delivered = await imap.FetchAsync(imap.View.Uids.Single(), "BODY.PEEK[]");
        TestMail.ShouldBeDelivered(delivered, sent, "sender@example.org", _user);

        var appended = await imap.AppendAsync("INBOX", sent);
        (await imap.FetchAsync(appended, "BODY.PEEK[]")).AsSpan().SequenceEqual(sent).ShouldBeTrue();
        (await imap.FetchAsync(appended, "RFC822.SIZE")).ShouldBe(System.Text.Encoding.ASCII.GetBytes($"{sent.Length}"));

        // In pieces of a size that divides nothing, in an order of their own, and beyond the end
        const int Piece = 5_000_011;
        var whole = new byte[sent.Length];
        foreach (var start in Enumerable.Range(0, sent.Length / Piece + 1).Select(static i => i * Piece).Reverse())
        {
            var piece = await imap.FetchAsync(appended, $"BODY.PEEK[]<{start}.{Piece}>", $"BODY[]<{start}>");
            piece.Length.ShouldBe(Math.Min(Piece, sent.Length - start));
            piece.CopyTo(whole, start);
        }

        whole.AsSpan().SequenceEqual(sent).ShouldBeTrue();
        (await imap.FetchAsync(appended, $"BODY.PEEK[]<{sent.Length}.10>", $"BODY[]<{sent.Length}>")).ShouldBeEmpty();
        var body = sent.AsSpan(sent.AsSpan().IndexOf("\r\n\r\n"u8) + 4).ToArray();
        (await imap.FetchAsync(appended, "BODY.PEEK[TEXT]<1000.4000>", "BODY[TEXT]<1000>")).ShouldBe(body[1000..5000]);
    }

    [Fact]
    public async Task A_message_beyond_the_limit_is_refused_and_the_session_goes_on()
    {
        using var imap = await ImapClient.LoginAsync(_sora.ImapPort, _user, SharedServer.Password);
        using var lmtp = await LmtpClient.ConnectAsync(_sora.LmtpPort);
        var mail = await lmtp.RunAsync($"MAIL FROM:<a@example.org> SIZE={100 * 1024 * 1024}");
        mail.Code.ShouldBe(552, mail.Text);
        (await lmtp.RunAsync("RSET")).Code.ShouldBe(250);

        // The limit holds for what comes too, not only for what is announced
        var tooLarge = new byte[52 * 1024 * 1024];
        tooLarge.AsSpan().Fill((byte)'x');
        for (var i = 100; i < tooLarge.Length; i += 100)
            "\r\n"u8.CopyTo(tooLarge.AsSpan(i - 2));
        (await lmtp.RunAsync("MAIL FROM:<a@example.org>")).Code.ShouldBe(250);
        (await lmtp.RunAsync($"RCPT TO:<{_user}>")).Code.ShouldBe(250);
        (await lmtp.RunAsync("DATA")).Code.ShouldBe(354);
        await lmtp.WriteAsync(tooLarge);
        (await lmtp.RunAsync("\r\n.")).Code.ShouldBe(552);
        await lmtp.DeliverAsync(_user, TestMail.Make(9));

        var refused = await imap.RunAsync("APPEND INBOX {104857600}");
        (refused.Tagged.Status, refused.Tagged.Code).ShouldBe(("NO", "TOOBIG"));
        (await imap.OkAsync("STATUS INBOX (MESSAGES)")).Of("STATUS").Single().Values[2].Items[1].Number.ShouldBe(1u);
    }
}
