using System.Text;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;

namespace Sora.EndToEnd.Tests.Clients;

[Collection(SharedServerTests.Name)]
public sealed class SwaksTests(SharedServer server)
{
    private readonly SoraProcess _sora = server.Sora;
    private readonly string _user = server.NextAccount();

    [Fact]
    public async Task Swaks_delivers_and_the_message_is_read_back()
    {
        var other = server.NextAccount();
        await CommandRun.MustSucceedAsync("swaks",
            [
                "--protocol", "LMTP", "--server", "127.0.0.1", "--port", $"{_sora.LmtpPort}", "--from", "sender@example.org",
                "--to", $"{_user},{other.Replace("@", "+detail@", StringComparison.Ordinal)}", "--header", "Subject: from swaks", "--body", "one\n.\n.two\n",
            ], "swaks");
        foreach (var (account, address) in new[] { (_user, _user), (other, other.Replace("@", "+detail@", StringComparison.Ordinal)) })
        {
            using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, account, SharedServer.Password);
            var message = Encoding.UTF8.GetString(await imap.FetchAsync(imap.View.Uids.Single(), "BODY.PEEK[]"));
            message.ShouldStartWith($"Return-Path: <sender@example.org>\r\nDelivered-To: {address}\r\nReceived: ");
            message.ShouldContain("\r\nSubject: from swaks\r\n");
            message.ShouldContain("\r\n\r\none\r\n.\r\n.two\r\n");
        }
    }

    [Fact]
    public async Task Swaks_hears_of_an_unknown_recipient()
    {
        var run = await CommandRun.RunAsync("swaks",
            [
                "--protocol", "LMTP", "--server", "127.0.0.1", "--port", $"{_sora.LmtpPort}", "--from", "sender@example.org", "--to", "nobody@example.com",
            ], "swaks");
        run.ExitCode.ShouldBe(24, run.All);
        run.Output.ShouldContain("550 5.1.1");
    }
}
