using System.Text.RegularExpressions;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Clients;

/// <summary>Mutt with a cache of headers, which it brings up to date by QRESYNC, over a compressed connection.</summary>
[Collection(SharedServerTests.Name)]
public sealed class MuttResyncTests(SharedServer server)
{
    private readonly SoraProcess _sora = server.Sora;
    private readonly string _user = server.NextAccount();

    [Fact]
    public async Task Mutt_learns_what_has_changed_since_it_last_had_the_mailbox_open()
    {
        using var folder = new TempFolder();
        await server.DeliverAsync(_user, Enumerable.Range(1, 6));
        await RunAsync(folder, "<quit>");
        using var other = await ImapClient.OpenInboxAsync(_sora.ImapPort, _user, SharedServer.Password);
        await other.OkAsync("STORE 2 +FLAGS (\\Flagged)");
        await other.OkAsync("STORE 3:4 +FLAGS (\\Deleted)");
        await other.OkAsync("EXPUNGE");
        await server.DeliverAsync(_user, 7, 8);

        // What it now takes for the mailbox, it copies; what it takes for flagged, it deletes
        var log = await RunAsync(folder, "<tag-pattern>~A<enter><tag-prefix><copy-message>=Archive<enter><delete-pattern>~F<enter><quit>");
        log.ShouldContain("OK DEFLATE begins");
        log.ShouldMatch(@"zstrm_close: read \d+->\d+ ");
        log.ShouldContain("* ENABLED QRESYNC");
        log.ShouldMatch(@"UID FETCH 1:6 \(FLAGS\) \(CHANGEDSINCE \d+ VANISHED\)");
        log.ShouldContain("* VANISHED (EARLIER) 3:4");
        log.ShouldMatch(@"\* 2 FETCH \(UID 2 FLAGS \(\\Flagged[^)]*\) MODSEQ");
        Regex.Matches(log, @"> a\d+ FETCH (\S+) \(UID FLAGS INTERNALDATE").Select(static fetch => fetch.Groups[1].Value).ShouldBe(["5:6"], log);
        await other.SelectAsync("Archive");
        (await NumbersAsync(other)).ShouldBe([1, 2, 5, 6, 7, 8], log);
        await other.SelectAsync("INBOX");
        (await NumbersAsync(other)).ShouldBe([1, 5, 6, 7, 8], log);
    }

    private static async Task<List<int>> NumbersAsync(ImapClient client)
    {
        var numbers = new List<int>();
        foreach (var uid in client.View.Uids.ToArray())
            numbers.Add(TestMail.NumberOf(await client.FetchAsync(uid, "BODY.PEEK[]")));
        return numbers;
    }

    // What it wrote about the session
    private async Task<string> RunAsync(TempFolder folder, string keys)
    {
        var configuration = folder.File("muttrc");
        await File.WriteAllTextAsync(configuration, $"""
            set imap_user="{_user}"
            set imap_pass="{SharedServer.Password}"
            set folder="imap://127.0.0.1:{_sora.ImapPort}/"
            unset ssl_force_tls
            set ssl_starttls=no
            set imap_deflate
            set imap_condstore
            set imap_qresync
            set header_cache="{Directory.CreateDirectory(folder.File("headers")).FullName}/"
            set mail_check=0
            set copy=no
            set confirmappend=no
            set delete=yes
            set quit=yes
            set wait_key=no
            set resolve=no
            unset mark_old
            set sort=mailbox-order
            push "{keys}"

            """);
        var mutt = $"mutt -n -d 4 -F {configuration} -f imap://127.0.0.1:{_sora.ImapPort}/INBOX";
        var environment = new Dictionary<string, string> { ["TERM"] = "xterm", ["HOME"] = folder.Path };
        await CommandRun.MustSucceedAsync("mutt", ["-v"], "mutt");
        await CommandRun.MustSucceedAsync("script", ["-q", "-e", "-c", mutt, "/dev/null"], "bsdutils", input: "", environment);
        return await File.ReadAllTextAsync(folder.File(".muttdebug0"));
    }
}
