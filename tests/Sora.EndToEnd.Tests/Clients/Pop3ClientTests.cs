using System.Globalization;
using System.Text;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Clients;

/// <summary>Programs that take mail away over POP3.</summary>
[Collection(SharedServerTests.Name)]
public sealed class Pop3ClientTests(SharedServer server)
{
    private readonly SoraProcess _sora = server.Sora;
    private readonly string _user = server.NextAccount();

    [Theory]
    [InlineData("pop3", false)]
    [InlineData("pop3", true)]
    [InlineData("pop3s", false)]
    public async Task Curl_lists_retrieves_and_deletes(string scheme, bool stls)
    {
        await server.DeliverAsync(_user, 1, 2);
        var port = scheme == "pop3" ? _sora.Pop3Port : _sora.Pop3sPort;
        var list = (await CurlAsync("")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        list.Length.ShouldBe(2);
        var message = await CurlAsync("2");
        list[1].ShouldBe(string.Create(CultureInfo.InvariantCulture, $"2 {message.Length}"));
        TestMail.ShouldBeDelivered(Encoding.Latin1.GetBytes(message), TestMail.Make(2), "sender@example.org", _user);
        (await CurlAsync("", "-X", "UIDL")).ShouldStartWith("1 00000001");
        (await CurlAsync("", "-X", "TOP 1 0")).ShouldEndWith("8bit\r\n\r\n");
        await CurlAsync("", "--head", "-X", "DELE 1");
        (await CurlAsync("")).ShouldBe(list[1].Replace("2 ", "1 ", StringComparison.Ordinal) + "\r\n");

        async Task<string> CurlAsync(string path, params string[] more)
        {
            string[] tls = stls ? ["--ssl-reqd"] : [];
            return (await CommandRun.MustSucceedAsync(
                "curl", ["-sS", "-k", .. tls, "-u", $"{_user}:{SharedServer.Password}", .. more, $"{scheme}://127.0.0.1:{port}/{path}"], "curl")).Output;
        }
    }

    [Fact]
    public async Task Getmail_takes_what_is_new_and_deletes_it()
    {
        using var folder = new TempFolder();
        var mail = folder.File("mail");
        await File.WriteAllTextAsync(folder.File("rc"), $"""
            [retriever]
            type = SimplePOP3Retriever
            server = 127.0.0.1
            port = {_sora.Pop3Port}
            username = {_user}
            password = {SharedServer.Password}

            [destination]
            type = MDA_external
            path = /bin/sh
            arguments = ("-c", "cat >> {mail}")
            allow_root_commands = true

            [options]
            delete = true
            read_all = false
            received = false
            delivered_to = false

            """);
        await server.DeliverAsync(_user, 1, 2, 3);
        await RunAsync();
        await CountShouldBeAsync(mail, 3);
        await server.DeliverAsync(_user, 4);
        await RunAsync();
        await CountShouldBeAsync(mail, 4);
        await MailboxShouldHaveAsync(0);

        Task<CommandRun> RunAsync() => CommandRun.MustSucceedAsync("getmail", ["--getmaildir", folder.Path, "--rcfile", "rc"], "getmail6");
    }

    [Fact]
    public async Task Fetchmail_keeps_and_then_flushes()
    {
        using var folder = new TempFolder();
        var mail = folder.File("mail");
        await server.DeliverAsync(_user, 1, 2);
        await RunAsync("keep");
        await CountShouldBeAsync(mail, 2);
        await server.DeliverAsync(_user, 3);
        await RunAsync("keep"); // by the unique-ids it knows which one is new
        await CountShouldBeAsync(mail, 3);
        await MailboxShouldHaveAsync(3);
        await RunAsync("fetchall nokeep");
        await CountShouldBeAsync(mail, 6);
        await MailboxShouldHaveAsync(0);

        async Task RunAsync(string mode)
        {
            var file = folder.File("rc");
            await File.WriteAllTextAsync(file, $"""
                poll 127.0.0.1 protocol pop3 port {_sora.Pop3Port} auth password uidl
                user "{_user}" password "{SharedServer.Password}" {mode} sslproto '' mda "cat >> {mail}"

                """);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            await CommandRun.MustSucceedAsync(
                "fetchmail", ["-f", file, "--nosyslog", "--nodetach"], "fetchmail",
                environment: new Dictionary<string, string> { ["FETCHMAILHOME"] = folder.Path, ["HOME"] = folder.Path });
        }
    }

    [Fact]
    public async Task Mpop_pipelines_and_knows_what_it_has_seen()
    {
        using var folder = new TempFolder();
        foreach (var part in new[] { "cur", "new", "tmp" })
            Directory.CreateDirectory(folder.File("mail/" + part));
        var file = folder.File("rc");
        await File.WriteAllTextAsync(file, $"""
            account default
            host 127.0.0.1
            port {_sora.Pop3Port}
            tls off
            auth plain
            pipelining on
            user {_user}
            password {SharedServer.Password}
            delivery maildir {folder.File("mail")}
            keep on
            uidls_file {folder.File("uidls")}

            """);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await server.DeliverAsync(_user, Enumerable.Range(1, 20));
        await RunAsync();
        Directory.GetFiles(folder.File("mail/new")).Length.ShouldBe(20);
        await server.DeliverAsync(_user, 21);
        await RunAsync();
        Directory.GetFiles(folder.File("mail/new")).Length.ShouldBe(21);
        await RunAsync("--keep=off");
        await MailboxShouldHaveAsync(0);

        Task<CommandRun> RunAsync(params string[] more) => CommandRun.MustSucceedAsync("mpop", ["-C", file, "-q", .. more], "mpop");
    }

    [Fact]
    public async Task Poplib_does_all_that_it_can()
    {
        await server.DeliverAsync(_user, 1, 2, 3);
        var run = await CommandRun.RunAsync(
            "python3",
            [
                Programs.Script("poplib_session.py"), _sora.Pop3Port.ToString(CultureInfo.InvariantCulture), _sora.Pop3sPort.ToString(CultureInfo.InvariantCulture),
                _user, SharedServer.Password,
            ],
            "python3");
        run.ExitCode.ShouldBe(0, run.All);
    }

    private static async Task CountShouldBeAsync(string file, int messages) =>
        (await File.ReadAllLinesAsync(file)).Count(static line => line.StartsWith("Subject: Message ", StringComparison.Ordinal)).ShouldBe(messages);

    private async Task MailboxShouldHaveAsync(int messages)
    {
        using var client = await Pop3Client.LogInAsync(_sora.Pop3Port, _user, SharedServer.Password);
        (await client.RunAsync("STAT")).ShouldStartWith(string.Create(CultureInfo.InvariantCulture, $"+OK {messages} "));
        (await client.RunAsync("QUIT")).ShouldStartWith("+OK");
    }
}
