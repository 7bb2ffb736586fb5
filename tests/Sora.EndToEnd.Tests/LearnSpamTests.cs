using System.Text;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary>The recipe of docs/learn-spam, as it stands there, with a filter that listens to SMTP or to HTTP.</summary>
public sealed class LearnSpamTests : IDisposable
{
    private const string User = "user@example.com";
    private const string Password = "secret";
    private const string Spam = "spam@learn.example.org";
    private const string Ham = "ham@learn.example.org";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_users_say_of_messages_reaches_a_filter_by_smtp()
    {
        await using var peer = new SmtpPeer();
        await using var sora = await SoraProcess.StartWithAsync(
            await RecipeAsync(), $"relay.hosts=[\"{peer.Address}\"]", "relay.tls=none", "passwords.bcrypt_cost=4");
        await JudgeAsync(sora);
        await Eventually.WaitAsync(() => peer.Messages.Count >= 4);
        await HasSentAsync(sora, 4);
        ShouldBeLearned([.. peer.Messages.Select(static one => (one.Recipients.Single().Split('<', '>')[1], one.Text))]);
        peer.Messages.ShouldAllBe(one => one.Mail.StartsWith($"MAIL FROM:<{User}>", StringComparison.Ordinal)); // the owner of the mailbox
        peer.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_users_say_of_messages_reaches_a_filter_by_http()
    {
        await using var peer = new HttpPeer();
        await using var sora = await SoraProcess.StartWithAsync(await RecipeAsync(), $"relay.http.url={peer.Url}", "passwords.bcrypt_cost=4");
        await JudgeAsync(sora);
        await Eventually.WaitAsync(() => peer.Requests.Count >= 4);
        await HasSentAsync(sora, 4);
        ShouldBeLearned([.. peer.Requests.Select(static one => (one.Fields["sora-envelope-to"].Single().Trim('<', '>'), one.Text))]);
    }

    private static async Task JudgeAsync(SoraProcess sora)
    {
        await sora.CreateAccountsAsync(Password, User);
        using (var lmtp = await LmtpClient.ConnectAsync(sora.LmtpPort))
        {
            foreach (var name in new[] { "pills", "lottery", "invoice" })
                await lmtp.DeliverAsync(User, Encoding.ASCII.GetBytes($"From: x@example.net\r\nSubject: {name}\r\nMessage-ID: <{name}@example.net>\r\n\r\ntext of {name}\r\n"));
        }

        using var imap = await ImapClient.OpenInboxAsync(sora.ImapPort, User, Password);
        await imap.OkAsync("UID STORE 1:3 +FLAGS (\\Seen)");
        await imap.OkAsync("UID MOVE 1:2 Junk");
        await imap.OkAsync("UID COPY 3 Archive");
        await imap.SelectAsync("Junk");
        await imap.OkAsync("UID MOVE 1 INBOX"); // pills: it was none
        await imap.OkAsync("UID COPY 2 Junk"); // says nothing
        await imap.OkAsync("UID MOVE 2 Trash"); // neither
        await imap.SelectAsync("INBOX");
        await imap.OkAsync("UID MOVE 4 Junk"); // but it was, after all
    }

    private static void ShouldBeLearned(List<(string To, string Text)> learned)
    {
        learned.Select(static one => $"{one.To} {one.Text.Split("Subject: ")[1].Split("\r\n")[0]}").Order(StringComparer.Ordinal)
            .ShouldBe([$"{Ham} pills", $"{Spam} lottery", $"{Spam} pills", $"{Spam} pills"]);

        // The message as it was stored, trace fields and all
        learned.ShouldAllBe(static one => one.Text.Contains("\r\nReceived: ") && one.Text.Contains("\r\n\r\ntext of "));
    }

    // Nothing more was put into the queue: scripts have run before their commands were answered
    private static async Task HasSentAsync(SoraProcess sora, int messages)
    {
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri($"http://127.0.0.1:{sora.HttpPort}/metrics"));
        metrics.ShouldContain($"sora_relay_enqueued_total{{kind=\"redirect\",status=\"queued\"}} {messages}");
    }

    // The files of the recipe are copied, and its configuration names them where they are then
    private async Task<string> RecipeAsync()
    {
        var recipe = Path.Combine(Programs.Repository, "docs", "learn-spam");
        foreach (var file in Directory.GetFiles(recipe))
            File.Copy(file, _folder.File(Path.GetFileName(file)));
        var configuration = _folder.File("config.toml");
        var text = await File.ReadAllTextAsync(configuration);
        await File.WriteAllTextAsync(configuration, text.Replace("/etc/sora/", $"{_folder.Path}/", StringComparison.Ordinal));
        return configuration;
    }
}
