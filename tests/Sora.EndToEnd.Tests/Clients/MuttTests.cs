using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Clients;

[Collection(SharedServerTests.Name)]
public sealed class MuttTests(SharedServer server)
{
    private readonly SoraProcess _sora = server.Sora;
    private readonly string _user = server.NextAccount();

    [Theory]
    [InlineData("imap")]
    [InlineData("imaps")]
    public async Task Mutt_opens_the_mailbox_reads_flags_and_copies(string scheme)
    {
        using var folder = new TempFolder();
        await server.DeliverAsync(_user, Enumerable.Range(1, 3));
        var port = scheme == "imap" ? _sora.ImapPort : _sora.ImapsPort;
        var certificates = folder.File("certificates");
        await File.WriteAllTextAsync(certificates, await CertificateAsync());
        var configuration = folder.File("muttrc");
        await File.WriteAllTextAsync(configuration, $"""
            set imap_user="{_user}"
            set imap_pass="{SharedServer.Password}"
            set folder="{scheme}://127.0.0.1:{port}/"
            set spoolfile="+INBOX"
            unset ssl_force_tls
            set ssl_starttls=no
            unset ssl_verify_host
            set certificate_file="{certificates}"
            set header_cache="{folder.File("headers")}"
            set copy=no
            set confirmappend=no
            set delete=yes
            set quit=yes
            set wait_key=no
            set resolve=no
            set sort=mailbox-order
            push "2<enter><display-message><exit><flag-message><copy-message>=Archive<enter><first-entry><delete-message><quit>"

            """);

        // Go to the second message, read it and come back, flag it, copy it to Archive, delete the first, quit
        await CommandRun.MustSucceedAsync("mutt", ["-v"], "mutt");
        var mutt = $"mutt -n -F {configuration} -f {scheme}://127.0.0.1:{port}/INBOX";
        var environment = new Dictionary<string, string> { ["TERM"] = "xterm", ["HOME"] = folder.Path };
        var run = await CommandRun.MustSucceedAsync("script", ["-q", "-e", "-c", mutt, "/dev/null"], "bsdutils", input: "", environment);

        using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, _user, SharedServer.Password);
        imap.View.Uids.Count.ShouldBe(2, run.Output);
        imap.View.Flags[imap.View.Uids[0]].IsSupersetOf(["\\Seen", "\\Flagged"]).ShouldBeTrue(run.Output);
        imap.View.Flags[imap.View.Uids[1]].ShouldNotContain("\\Seen");
        await imap.SelectAsync("Archive");
        TestMail.NumberOf(await imap.FetchAsync(imap.View.Uids.Single(), "BODY.PEEK[]")).ShouldBe(2);
    }

    // Mutt is to know the self-made certificate; otherwise it asks
    private async Task<string> CertificateAsync()
    {
        using var connection = await LineConnection.ConnectAsync(_sora.ImapsPort, tls: true);
        return connection.ServerCertificate + "\n";
    }
}
