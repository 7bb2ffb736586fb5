using System.Globalization;
using System.Text;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Clients;

[Collection(SharedServerTests.Name)]
public sealed class MbsyncTests(SharedServer server)
{
    private readonly SoraProcess _sora = server.Sora;
    private readonly string _user = server.NextAccount();

    [Fact]
    public async Task Mbsync_keeps_a_maildir_and_the_mailbox_the_same()
    {
        using var folder = new TempFolder();
        var config = folder.File("mbsyncrc");
        await File.WriteAllTextAsync(config, $"""
            IMAPAccount sora
            Host 127.0.0.1
            Port {_sora.ImapPort}
            User {_user}
            Pass {SharedServer.Password}
            SSLType None
            AuthMechs LOGIN

            IMAPStore remote
            Account sora

            MaildirStore local
            Path {folder.Path}/mail/
            Inbox {folder.Path}/mail/INBOX
            SubFolders Verbatim

            Channel all
            Far :remote:
            Near :local:
            Patterns *
            Create Both
            Remove Both
            Expunge Both
            SyncState *

            """);
        Directory.CreateDirectory(folder.File("mail"));
        await server.DeliverAsync(_user, Enumerable.Range(1, 5));

        // Down: the messages and the mailboxes
        await SyncAsync();
        Local().Count.ShouldBe(5);
        Directory.Exists(folder.File("mail/Archive/cur")).ShouldBeTrue();

        // (mbsync puts a field of its own into each message)
        var stored = (await File.ReadAllLinesAsync(Local()[3])).Where(static line => !line.StartsWith("X-TUID: ", StringComparison.Ordinal));
        (string.Join("\r\n", stored) + "\r\n").ShouldEndWith(Encoding.UTF8.GetString(TestMail.Make(3)));

        // Up: a flag and a new message; down: a flag
        File.Move(Local()[1], Renamed(Local()[1], "FS"));
        await File.WriteAllBytesAsync(folder.File("mail/INBOX/new/1700000000.new.here"), TestMail.Make(6));
        using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, _user, SharedServer.Password);
        await imap.OkAsync("STORE 2 +FLAGS (\\Answered)");
        await SyncAsync();
        await imap.OkAsync("NOOP");
        await imap.OkAsync("FETCH 1:* (UID FLAGS)");
        imap.View.Uids.Count.ShouldBe(6);
        imap.View.Flags[imap.View.Uids[0]].ShouldBeSubsetOf(["\\Flagged", "\\Seen", "\\Recent"]);
        imap.View.Flags[imap.View.Uids[0]].ShouldContain("\\Flagged");
        TestMail.NumberOf(await imap.FetchAsync(imap.View.Uids[5], "BODY.PEEK[]")).ShouldBe(6);
        Path.GetFileName(Local()[2]).ShouldContain("R");

        // Deleted on each side
        File.Delete(Local()[4]);
        await imap.OkAsync("STORE 5 +FLAGS (\\Deleted)");
        await imap.OkAsync("EXPUNGE");
        await SyncAsync();
        await imap.OkAsync("NOOP");
        await imap.OkAsync("FETCH 1:* (UID FLAGS)");
        imap.View.Uids.Count.ShouldBe(4);
        Local().Keys.Order().ShouldBe([1, 2, 3, 6]);

        // Once more: nothing changes on either side
        var before = (Names(), await StateAsync());
        await SyncAsync();
        Names().ShouldBe(before.Item1);
        (await StateAsync()).ShouldBe(before.Item2);

        async Task SyncAsync() => await CommandRun.MustSucceedAsync("mbsync", ["-c", config, "-a"], "isync");

        Dictionary<int, string> Local() =>
            Names().ToDictionary(path => TestMail.NumberOf(Encoding.UTF8.GetBytes(File.ReadAllText(path).ReplaceLineEndings("\r\n"))));

        List<string> Names() =>
            [.. Directory.EnumerateFiles(folder.File("mail/INBOX"), "*", SearchOption.AllDirectories)
                .Where(static path => Path.GetFileName(Path.GetDirectoryName(path)) is "cur" or "new").Order(StringComparer.Ordinal)];

        async Task<string> StateAsync()
        {
            var status = await imap.OkAsync("STATUS INBOX (MESSAGES UIDNEXT UNSEEN HIGHESTMODSEQ)");
            return status.Of("STATUS").Single().Values[2].ToString();
        }
    }

    private static string Renamed(string path, string flags)
    {
        var name = Path.GetFileName(path);
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        var folder = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(path))!, "cur");
        return string.Create(CultureInfo.InvariantCulture, $"{folder}/{(colon < 0 ? name : name[..colon])}:2,{flags}");
    }
}
