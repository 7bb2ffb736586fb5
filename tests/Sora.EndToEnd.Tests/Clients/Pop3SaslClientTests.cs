using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Clients;

/// <summary>Programs that log in over POP3 by other means than USER and PASS (RFC 5034).</summary>
[Collection(SharedServerTests.Name)]
public sealed class Pop3SaslClientTests(SharedServer server) : IDisposable
{
    private readonly SoraProcess _sora = server.Sora;
    private readonly string _user = server.NextAccount();
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("scram-sha-256", false)]
    [InlineData("scram-sha-256", true)]
    [InlineData("scram-sha-1", false)]
    [InlineData("plain", true)]
    [InlineData("login", false)]
    [InlineData("user", true)]
    public async Task Mpop_logs_in_with_each_mechanism_and_not_with_a_wrong_password(string mechanism, bool stls)
    {
        await server.DeliverAsync(_user, 1, 2);
        var port = stls ? _sora.Pop3Port : _sora.Pop3sPort;
        var run = await MpopAsync(port, _user, $"auth {mechanism}\ntls_starttls {(stls ? "on" : "off")}\npassword {SharedServer.Password}");
        run.ExitCode.ShouldBe(0, run.All);
        Directory.GetFiles(_folder.File("mail/new")).Length.ShouldBe(2);
        run = await MpopAsync(port, _user, $"auth {mechanism}\ntls_starttls {(stls ? "on" : "off")}\npassword wrong");
        run.ExitCode.ShouldNotBe(0);
        run.Errors.ShouldMatch("authentication failed|\\[AUTH\\]");
    }

    [Theory]
    [InlineData("PLAIN", false)]
    [InlineData("PLAIN", true)]
    [InlineData("LOGIN", false)]
    public async Task Curl_logs_in_with_what_it_is_told(string mechanism, bool initial)
    {
        await server.DeliverAsync(_user, 1);
        var more = initial ? "--sasl-ir" : "--no-sasl-ir";
        var run = await CurlAsync(_sora.Pop3sPort, "-u", $"{_user}:{SharedServer.Password}", "--login-options", $"AUTH={mechanism}", more);
        run.ExitCode.ShouldBe(0, run.All);
        run.Output.ShouldStartWith("1 ");
        (await CurlAsync(_sora.Pop3sPort, "-u", $"{_user}:wrong", "--login-options", $"AUTH={mechanism}", more)).ExitCode.ShouldBe(67); // CURLE_LOGIN_DENIED
    }

    [Fact]
    public async Task Mutt_reads_the_maildrop_after_scram()
    {
        await server.DeliverAsync(_user, 1, 2, 3);
        using (var connection = await LineConnection.ConnectAsync(_sora.Pop3sPort, tls: true))
            await File.WriteAllTextAsync(_folder.File("certificates"), connection.ServerCertificate + "\n");
        Directory.CreateDirectory(_folder.File("folders"));
        await File.WriteAllTextAsync(_folder.File("muttrc"), $"""
            set pop_user="{_user}"
            set pop_pass="{SharedServer.Password}"
            set pop_authenticators="scram-sha-256"
            set pop_delete=yes
            unset ssl_verify_host
            set certificate_file="{_folder.File("certificates")}"
            set folder="{_folder.File("folders")}"
            set record=""
            set mbox_type=maildir
            set copy=no
            set delete=yes
            set quit=yes
            set wait_key=no
            set confirmcreate=no
            set confirmappend=no
            set resolve=no
            push "2<enter><copy-message>=Copied<enter><first-entry><delete-message><quit>"

            """);
        await CommandRun.MustSucceedAsync("mutt", ["-v"], "mutt");
        var mutt = $"mutt -n -F {_folder.File("muttrc")} -f pops://127.0.0.1:{_sora.Pop3sPort}/";
        var environment = new Dictionary<string, string> { ["TERM"] = "xterm", ["HOME"] = _folder.Path };
        var run = await CommandRun.MustSucceedAsync("script", ["-q", "-e", "-c", mutt, "/dev/null"], "bsdutils", input: "", environment);
        var copied = Directory.GetFiles(_folder.File("folders/Copied"), "*", SearchOption.AllDirectories);
        copied.Length.ShouldBe(1, run.Output);
        (await File.ReadAllLinesAsync(copied[0])).ShouldContain($"{TestMail.Field}: 2");
        using var client = await Pop3Client.LogInAsync(_sora.Pop3Port, _user, SharedServer.Password);
        (await client.RunAsync("STAT")).ShouldStartWith("+OK 2 ");
    }

    [Fact]
    public async Task Tokens_let_curl_and_mpop_in()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        var configuration = _folder.File("sora.toml");
        await File.WriteAllTextAsync(configuration, $"""
            [[auth.oauth]]
            issuer = "{issuer.Url}"
            audiences = ["sora"]

            """);
        await using var sora = await SoraProcess.StartWithAsync(configuration);
        const string user = "tokens@example.com";
        await sora.CreateAccountsAsync(SharedServer.Password, user);
        using (var lmtp = await LmtpClient.ConnectAsync(sora.LmtpPort))
            await lmtp.DeliverAsync(user, TestMail.Make(1));
        foreach (var mechanism in new[] { "OAUTHBEARER", "XOAUTH2" })
        {
            var good = await CurlAsync(sora.Pop3sPort, "-u", user + ":", "--oauth2-bearer", issuer.Token(user), "--login-options", $"AUTH={mechanism}");
            good.ExitCode.ShouldBe(0, mechanism + good.All);
            good.Output.ShouldStartWith("1 ");
            var ended = await CurlAsync(
                sora.Pop3sPort, "-u", user + ":", "--oauth2-bearer", issuer.Token(user, TimeSpan.FromHours(-2)), "--login-options", $"AUTH={mechanism}");
            ended.ExitCode.ShouldBe(67, mechanism + ended.All);
            await File.WriteAllTextAsync(_folder.File("token"), issuer.Token(user) + "\n"); // too long for a line of its configuration
            var mpop = await MpopAsync(sora.Pop3sPort, user, $"auth {mechanism.ToLowerInvariant()}\ntls_starttls off\npasswordeval cat \"{_folder.File("token")}\"");
            mpop.ExitCode.ShouldBe(0, mechanism + mpop.All);
        }

        Directory.GetFiles(_folder.File("mail/new")).Length.ShouldBe(1);
    }

    [Fact]
    public async Task Certificates_let_curl_and_mpop_in()
    {
        using var clients = new TestAuthority("Client authority");
        await File.WriteAllTextAsync(_folder.File("clients.pem"), clients.Pem);
        await using var sora = await SoraProcess.StartAsync("tls.client_certificates=request", $"tls.client_ca_file={_folder.File("clients.pem")}");
        var user = sora.FirstAccount.Address;
        var (certificate, key) = clients.Issue(new TestRequest { Emails = [user], ForClient = true }).Write(_folder, "client");
        using (var lmtp = await LmtpClient.ConnectAsync(sora.LmtpPort))
            await lmtp.DeliverAsync(user, TestMail.Make(1));
        var curl = await CurlAsync(sora.Pop3sPort, "--cert", certificate, "--key", key, "-u", user + ":", "--login-options", "AUTH=EXTERNAL");
        curl.ExitCode.ShouldBe(0, curl.All);
        curl.Output.ShouldStartWith("1 ");
        (await CurlAsync(sora.Pop3sPort, "-u", user + ":", "--login-options", "AUTH=EXTERNAL")).ExitCode.ShouldBe(67);
        var mpop = await MpopAsync(sora.Pop3sPort, user, $"auth external\ntls_starttls off\ntls_cert_file {certificate}\ntls_key_file {key}");
        mpop.ExitCode.ShouldBe(0, mpop.All);
        Directory.GetFiles(_folder.File("mail/new")).Length.ShouldBe(1);
    }

    [Fact]
    public async Task Fetchmail_shows_its_certificate_where_everybody_must()
    {
        using var clients = new TestAuthority("Client authority");
        await File.WriteAllTextAsync(_folder.File("clients.pem"), clients.Pem);
        await using var sora = await SoraProcess.StartAsync("tls.client_certificates=require", $"tls.client_ca_file={_folder.File("clients.pem")}");
        var (user, password) = sora.FirstAccount;
        var (certificate, key) = clients.Issue(new TestRequest { Emails = [user], ForClient = true }).Write(_folder, "client");
        using (var lmtp = await LmtpClient.ConnectAsync(sora.LmtpPort))
            await lmtp.DeliverAsync(user, TestMail.Make(1));
        (await RunAsync($"sslcert \"{certificate}\" sslkey \"{key}\"")).ExitCode.ShouldBe(0);
        (await File.ReadAllLinesAsync(_folder.File("fetched"))).ShouldContain($"{TestMail.Field}: 1");
        (await RunAsync("")).ExitCode.ShouldBeGreaterThan(1); // 1 is for an empty maildrop

        async Task<CommandRun> RunAsync(string more)
        {
            var file = await WriteSecretAsync("fetchmailrc", $"""
                poll 127.0.0.1 protocol pop3 port {sora.Pop3sPort} auth password uidl
                user "{user}" password "{password}" ssl no sslcertck keep fetchall {more} mda "cat >> {_folder.File("fetched")}"

                """);
            return await CommandRun.RunAsync(
                "fetchmail", ["-f", file, "--nosyslog", "--nodetach"], "fetchmail",
                environment: new Dictionary<string, string> { ["FETCHMAILHOME"] = _folder.Path, ["HOME"] = _folder.Path });
        }
    }

    private static Task<CommandRun> CurlAsync(int port, params string[] arguments) =>
        CommandRun.RunAsync("curl", ["-sS", "-k", .. arguments, $"pop3s://127.0.0.1:{port}/"], "curl");

    private async Task<CommandRun> MpopAsync(int port, string user, string more)
    {
        foreach (var part in new[] { "cur", "new", "tmp" })
            Directory.CreateDirectory(_folder.File("mail/" + part));
        var file = await WriteSecretAsync("mpoprc", $"""
            account default
            host 127.0.0.1
            port {port}
            tls on
            tls_certcheck off
            user {user}
            {more}
            delivery maildir {_folder.File("mail")}
            keep on
            uidls_file {_folder.File("uidls")}

            """);
        return await CommandRun.RunAsync("mpop", ["-C", file, "-q"], "mpop");
    }

    private async Task<string> WriteSecretAsync(string name, string text)
    {
        var file = _folder.File(name);
        await File.WriteAllTextAsync(file, text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }
}
