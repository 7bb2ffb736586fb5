using System.Text;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Clients;

[Collection(SharedServerTests.Name)]
public sealed class CurlTests(SharedServer server)
{
    private readonly SoraProcess _sora = server.Sora;
    private readonly string _user = server.NextAccount();

    [Theory]
    [InlineData("imap", false)]
    [InlineData("imaps", false)]
    [InlineData("imap", true)]
    public async Task Curl_lists_appends_fetches_and_searches(string scheme, bool startTls)
    {
        using var folder = new TempFolder();
        var message = TestMail.Make(5, 3000);
        var file = folder.File("message");
        await File.WriteAllBytesAsync(file, message);
        var port = scheme == "imap" ? _sora.ImapPort : _sora.ImapsPort;
        (await CurlAsync("")).ShouldContain("\" INBOX\r\n");
        await CurlAsync("INBOX", "-T", file);
        (await CurlAsync("INBOX;UID=1")).ShouldBe(Encoding.Latin1.GetString(message));
        (await CurlAsync("INBOX;UID=1/;SECTION=HEADER.FIELDS%20(SUBJECT)")).ShouldBe("Subject: Message 5\r\n\r\n");
        (await CurlAsync("INBOX?SUBJECT%20%22Message%205%22")).Trim().ShouldBe("* SEARCH 1");
        (await CurlAsync("INBOX?SUBJECT%20nothing")).Trim().ShouldBe("* SEARCH");
        (await CurlAsync("INBOX", "-X", "STORE 1 +FLAGS \\Deleted")).ShouldContain("\\Deleted");
        (await CurlAsync("INBOX", "-X", "EXPUNGE")).ShouldContain("* 1 EXPUNGE");
        (await CurlAsync("", "-X", "CREATE Work")).ShouldBe("");

        async Task<string> CurlAsync(string path, params string[] more)
        {
            string[] tls = startTls ? ["--ssl-reqd"] : [];
            return (await CommandRun.MustSucceedAsync(
                "curl", ["-sS", "-k", .. tls, "-u", $"{_user}:{SharedServer.Password}", .. more, $"{scheme}://127.0.0.1:{port}/{path}"], "curl")).Output;
        }
    }
}
