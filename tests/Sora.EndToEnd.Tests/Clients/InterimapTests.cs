using System.Diagnostics;
using System.Globalization;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Clients;

/// <summary>InterIMAP keeps two accounts the same, by QRESYNC, and for as long as it runs by NOTIFY.</summary>
[Collection(SharedServerTests.Name)]
public sealed class InterimapTests(SharedServer server)
{
    private readonly SoraProcess _sora = server.Sora;
    private readonly string _left = server.NextAccount();
    private readonly string _right = server.NextAccount();

    [Fact]
    public async Task Interimap_carries_changes_both_ways()
    {
        using var folder = new TempFolder();
        var config = await ConfigureAsync(folder);
        await server.DeliverAsync(_left, 1, 2, 3);
        await server.DeliverAsync(_right, 4, 5);
        using var left = await ImapClient.LoginAsync(_sora.ImapPort, _left, SharedServer.Password);
        using var right = await ImapClient.LoginAsync(_sora.ImapPort, _right, SharedServer.Password);
        await left.OkAsync("CREATE Caf&AOk-/2026");
        await left.AppendAsync("Caf&AOk-/2026", TestMail.Make(9), "(\\Seen) ");
        var first = await RunAsync("--config=" + config, "--debug");
        foreach (var side in new[] { left, right })
        {
            (await StateAsync(side, "INBOX")).ShouldBe(["1: ", "2: ", "3: ", "4: ", "5: "], first);
            (await StateAsync(side, "Caf&AOk-/2026")).ShouldBe(["9: \\Seen"], first);
        }

        // Both sides change: flags, expunges, new mail
        await left.SelectAsync("INBOX");
        await left.OkAsync("STORE 1 +FLAGS (\\Flagged $Work)");
        await left.OkAsync("STORE 2 +FLAGS (\\Deleted)");
        await left.OkAsync("EXPUNGE");
        await server.DeliverAsync(_left, 6);
        await right.SelectAsync("INBOX");
        await right.OkAsync("STORE 1 +FLAGS (\\Deleted)");
        await right.OkAsync("STORE 2 +FLAGS (\\Answered)");
        await right.OkAsync("EXPUNGE");
        await right.AppendAsync("INBOX", TestMail.Make(7), "(\\Draft) ");
        var second = await RunAsync("--config=" + config, "--debug");
        foreach (var side in new[] { "local", "remote" })
        {
            second.ShouldMatch($@"{side}: S: \d+ OK DEFLATE begins");
            second.ShouldMatch($@"{side}: C: \d+ SELECT INBOX \(QRESYNC \(\d+ \d+ 1:5 \(");
            second.ShouldMatch($@"{side}: S: \* VANISHED \(EARLIER\) ");
        }

        foreach (var side in new[] { left, right })
            (await StateAsync(side, "INBOX")).ShouldBe(["1: $Work \\Flagged", "3: ", "5: \\Answered", "6: ", "7: \\Draft"], second);
        var third = await RunAsync("--config=" + config, "--debug");
        third.ShouldNotContain("EXPUNGE");
        third.ShouldNotContain("APPEND INBOX");
    }

    [Fact]
    public async Task Interimap_hears_of_changes_while_they_happen()
    {
        using var folder = new TempFolder();
        var config = await ConfigureAsync(folder);
        await server.DeliverAsync(_left, 1, 2, 3);
        await RunAsync("--config=" + config);
        using var left = await ImapClient.OpenInboxAsync(_sora.ImapPort, _left, SharedServer.Password);
        using var right = await ImapClient.OpenInboxAsync(_sora.ImapPort, _right, SharedServer.Password);
        using var process = Process.Start(new ProcessStartInfo("interimap", ["--config=" + config, "--notify", "--watch", "--quiet"]))!;
        try
        {
            await server.DeliverAsync(_left, 4);
            await UntilAsync(right, ["1: ", "2: ", "3: ", "4: "]);
            await right.OkAsync("UID STORE 1 +FLAGS (\\Deleted \\Seen)");
            await UntilAsync(left, ["1: \\Deleted \\Seen", "2: ", "3: ", "4: "]);

            // Nothing but an expunge: there are no flags that would bring a mod-sequence
            await right.OkAsync("EXPUNGE");
            await UntilAsync(left, ["2: ", "3: ", "4: "]);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    private static async Task UntilAsync(ImapClient client, string[] state) =>
        await Eventually.WaitAsync(async () => (await StateAsync(client, "INBOX")).SequenceEqual(state), text: string.Join(", ", state));

    // Number and flags of each message, in the order of the numbers: each side has its own UIDs
    private static async Task<List<string>> StateAsync(ImapClient client, string mailbox)
    {
        await client.SelectAsync(mailbox);
        var messages = new SortedDictionary<int, string>();
        foreach (var uid in client.View.Uids.ToArray())
        {
            var flags = client.View.Flags[uid].Where(static flag => flag != "\\Recent").Order(StringComparer.Ordinal);
            messages.Add(TestMail.NumberOf(await client.FetchAsync(uid, "BODY.PEEK[HEADER]")), string.Join(' ', flags));
        }

        return [.. messages.Select(static message => string.Create(CultureInfo.InvariantCulture, $"{message.Key}: {message.Value}"))];
    }

    // It logs to the error output
    private static async Task<string> RunAsync(params string[] arguments) =>
        (await CommandRun.MustSucceedAsync("interimap", arguments, "interimap")).Errors;

    private async Task<string> ConfigureAsync(TempFolder folder)
    {
        var config = folder.File("config");
        await File.WriteAllTextAsync(config, $"""
            database = {folder.File("state.db")}
            [local]
            type = imap
            host = 127.0.0.1
            port = {_sora.ImapPort}
            STARTTLS = NO
            username = {_left}
            password = {SharedServer.Password}
            compress = YES
            [remote]
            type = imaps
            host = 127.0.0.1
            port = {_sora.ImapsPort}
            SSL_verify = NO
            username = {_right}
            password = {SharedServer.Password}
            compress = YES

            """);
        return config;
    }
}
