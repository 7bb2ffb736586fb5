using System.Security.Cryptography;
using System.Text;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary>
/// The program logs all that it can log, while clients log in by every protocol and mechanism, rightly, wrongly and in ways that are no commands at all. Nothing of what they sent as a
/// secret may be in what was logged, in whatever form.
/// </summary>
public sealed class SecretsInLogsTests
{
    private const string User = "anna@example.com";

    private readonly List<string> _secrets = [];

    [Fact]
    public async Task No_log_line_holds_a_password_in_any_form()
    {
        using var folder = new TempFolder();
        await using var peer = new SmtpPeer();
        peer.Extensions = [.. peer.Extensions, "AUTH PLAIN LOGIN"];
        peer.Rules.Add(static command => command.StartsWith("AUTH", StringComparison.Ordinal) ? "235 2.7.0 ok" : null);
        await using var issuer = await TokenIssuer.StartAsync();
        await using var service = await WebPeer.StartAsync();
        var password = New();
        string[] secrets =
        [
            $"auth.lookup.token={New()}", $"acme.eab_key={New()}AA", $"tls_store.secret={New()}{New()}", $"relay.password={New()}", $"database.password={New()}",
        ];
        await using var sora = await SoraProcess.StartWithAsync(
            await ConfigurationAsync(folder, issuer),
            [
                "log.level=trace", "log.levels=[]", "passwords.bcrypt_cost=4", "imap.auth_failure_delay=0s", "pop3.auth_failure_delay=0s", "managesieve.auth_failure_delay=0s",
                "imap.max_auth_failures=1000", "pop3.max_auth_failures=1000", "managesieve.max_auth_failures=1000", "imap.max_bad_commands=1000", "pop3.max_bad_commands=1000",
                "managesieve.max_bad_commands=1000", "login_limits.pair_failures=20", "login_limits.delay=0s", "audit.flush_interval=10ms",
                $"relay.hosts=[\"{peer.Address}\"]", "relay.tls=none", "relay.plain_without_tls=true", "relay.user=relay-user", "acme.eab_key_id=me",
                $"auth.lookup.url={service.Url}", "auth.lookup.domains=[\"lookup.example\"]", "auth.lookup.password_check=service", .. secrets.Where(static secret => !secret.StartsWith("database.", StringComparison.Ordinal)),
            ]);
        var said = new StringBuilder();
        said.Append((await sora.AdminAsync("accounts", "create", "--email", User, "--password", password)).All);
        said.Append((await sora.AdminAsync("audit", "list", "--json")).All);
        await RefusedAsync(said, sora, "accounts", "update", "--email", "nobody@example.com", "--password", New());
        await RefusedAsync(said, sora, "accounts", "update", "--email", User, "--password", New(), "--password-hash", New());
        await RefusedAsync(said, sora, "accounts", "create", "--email", "no-at-sign", "--password", New());

        await ImapAsync(sora, password);
        await TokensAsync(sora, issuer);
        await LookupAsync(sora, service);
        await Pop3Async(sora, password);
        await ManageSieveAsync(sora, password);
        await LmtpAsync(sora);
        await RelayAsync(sora, peer, said);
        await Eventually.WaitAsync(() => sora.Output.Contains("pop3 login by password of anna@example.com", StringComparison.Ordinal));
        said.Append((await sora.AdminAsync("audit", "list", "--limit", "1000", "--json")).All);
        said.Append((await sora.AdminAsync("auth", "blocked", "--json")).All);

        foreach (var command in new[] { "dump", "check" })
            said.Append((await CommandRun.RunAsync("dotnet", [Programs.Sora, "config", command, .. secrets.Append("acme.eab_key_id=me").Append("relay.user=relay-user").SelectMany(static secret => new[] { "--set", secret })])).All);
        said.ToString().Split('\n').Count(static line => line.Contains("\"********\"", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(secrets.Length);
        said.Append(await UnreachableDatabaseAsync(folder));

        // What is looked for would be found: the log is at its most talkative, and names those who exist
        sora.Output.ShouldContain(" trace ");
        sora.Output.ShouldContain(User);
        foreach (var file in Directory.EnumerateFiles(sora.Data, "*.log", SearchOption.AllDirectories))
            said.Append(await ReadAsync(file));
        said.Append(sora.Output);
        var text = said.ToString();
        foreach (var secret in _secrets)
        {
            foreach (var form in Forms(secret))
            {
                var at = text.IndexOf(form, StringComparison.OrdinalIgnoreCase);
                if (at >= 0)
                    Assert.Fail($"{form}, of {secret}, is in: {text[Math.Max(0, at - 200)..Math.Min(text.Length, at + 200)]}");
            }
        }
    }

    private async Task ImapAsync(SoraProcess sora, string password)
    {
        foreach (var (port, tls) in new[] { (sora.ImapPort, false), (sora.ImapsPort, true) })
        {
            await TalkAsync(port, tls, $"a LOGIN {User} {password}\r\nb LOGOUT\r\n", "a OK");
            await TalkAsync(port, tls, $"a AUTHENTICATE PLAIN {Plain(User, password)}\r\nb LOGOUT\r\n", "a OK");
            await TalkAsync(port, tls, $"a AUTHENTICATE LOGIN\r\n{Base64(User)}\r\n{Base64(password)}\r\nb LOGOUT\r\n", "a OK");
        }

        var first = New();
        await TalkAsync(
            sora.ImapPort, false,
            $"a LOGIN {User} {New()}\r\n"
            + $"b LOGIN {New()} {New()}\r\n"
            + $"c LOGIN {New()}\r\n"
            + $"d LOGIN {User} \"{New()}\r\n"
            + $"e LOGIN {User} {{{first.Length}+}}\r\n{first}\r\n"
            + $"f LOGIN {{{first.Length}}}\r\n{first} {New()}\r\n"
            + $"g AUTHENTICATE PLAIN {Plain(User, New())}\r\n"
            + $"h AUTHENTICATE PLAIN\r\n{Plain(New(), New())}\r\n"
            + $"i AUTHENTICATE PLAIN {Base64(New())}\r\n"
            + $"j AUTHENTICATE PLAIN\r\n?{New()}?\r\n"
            + $"k AUTHENTICATE LOGIN\r\n{Base64(New())}\r\n{Base64(New())}\r\n"
            + $"l AUTHENTICATE SCRAM-SHA-256 {Base64("n,,n=" + New() + ",r=" + New())}\r\n{Base64("c=biws,r=x,p=" + New())}\r\n"
            + $"m AUTHENTICATE {New()} {New()}\r\n"
            + $"n PASS {New()}\r\n"
            + $"{New()}\r\n"
            + $"o LOGIN {User} {New()}{new string('x', 70_000)}\r\n"
            + $"r LOGIN {User} {{200000+}}\r\n{New()}{new string('x', 200_000 - 22)}\r\n"
            + $"s AUTHENTICATE PLAIN {New()}{new string('A', 70_000)}\r\n"
            + $"t AUTHENTICATE SCRAM-SHA-1\r\n{Base64(New())}\r\n"
            + $"u AUTHENTICATE SCRAM-SHA-1 {Base64("n,,n=" + User + ",r=" + New())}\r\n{Base64(New())}\r\n"
            + $"v LOGIN \"{New()} {New()}\" \"{New()}\" {New()}\r\n"
            + $"p ID (\"password\" \"{New()}\")\r\n"
            + "q LOGOUT\r\n",
            "q OK");
        await BreakOffAsync(sora.ImapPort, $"a LOGIN {User} {New()}");
        await BreakOffAsync(sora.ImapPort, $"a LOGIN {User} {{1000}}\r\n{New()}");
        await BreakOffAsync(sora.ImapPort, $"a AUTHENTICATE PLAIN\r\n{Plain(User, New())}");
        await BreakOffAsync(sora.ImapsPort, $"a LOGIN {User} {New()}\r\n"); // no handshake
    }

    // Good tokens, bad ones, and messages that are none
    private async Task TokensAsync(SoraProcess sora, TokenIssuer issuer)
    {
        string Token(Action<Dictionary<string, object>>? change = null)
        {
            var claims = issuer.Claims(User);
            claims["jti"] = New();
            change?.Invoke(claims);
            var token = issuer.Sign(claims);
            _secrets.AddRange(token.Split('.').Skip(1)); // its header is the same for all
            return token;
        }

        string[] messages =
        [
            Bearer(Token(static claims => claims["exp"] = 1000)), Bearer(Token(static claims => claims["aud"] = "other")), Bearer(Token(static claims => claims["iss"] = "https://other.example")),
            Bearer(Token(static claims => claims["scope"] = "none")), Bearer(Token(static claims => claims["email"] = "nobody@example.com")), Bearer(Token() + "x"), Bearer(New()), Bearer($"{New()} {New()}"),
            Base64("n,," + New()), Base64(New()), $"?{New()}",
        ];
        foreach (var message in messages)
        {
            await TalkAsync(sora.ImapPort, false, $"a AUTHENTICATE OAUTHBEARER {message}\r\nAQ==\r\nb AUTHENTICATE XOAUTH2\r\n{message}\r\n\r\nc LOGOUT\r\n", "BYE");
            await TalkAsync(sora.Pop3Port, false, $"AUTH OAUTHBEARER {message}\r\nAQ==\r\nQUIT\r\n", "-ERR");
            await TalkAsync(sora.ManageSievePort, false, $"AUTHENTICATE \"XOAUTH2\" \"{message}\"\r\n\"\"\r\nLOGOUT\r\n", "NO ");
        }

        foreach (var (port, tls) in new[] { (sora.ImapPort, false), (sora.ImapsPort, true) })
            await TalkAsync(port, tls, $"a AUTHENTICATE OAUTHBEARER {Bearer(Token())}\r\nb LOGOUT\r\n", "a OK");
        await TalkAsync(sora.Pop3Port, false, $"AUTH XOAUTH2 {Base64($"user={User}\u0001auth=Bearer {Token()}\u0001\u0001")}\r\nQUIT\r\n", "+OK maildrop");
        await TalkAsync(sora.ImapPort, false, $"a AUTHENTICATE EXTERNAL {Base64(New())}\r\nb AUTHENTICATE EXTERNAL\r\n{Base64(New())}\r\nc LOGOUT\r\n", "BYE");
    }

    // A service that is sent passwords, and has nothing good to say
    private async Task LookupAsync(SoraProcess sora, WebPeer service)
    {
        var answers = new[] { """{"result":"wrong_password"}""", $"{{\"result\":\"{New()}\"}}", "", $"<p>{New()}" };
        foreach (var answer in answers)
        {
            service.Answer = (context, _) => WebPeer.JsonAsync(context, answer);
            await TalkAsync(sora.ImapPort, false, $"a LOGIN {New()}@lookup.example {New()}\r\nb LOGIN user@lookup.example {New()}\r\nc LOGOUT\r\n", "c OK");
            await TalkAsync(sora.Pop3Port, false, $"USER user@lookup.example\r\nPASS {New()}\r\nQUIT\r\n", "-ERR");
        }

        service.Requests.ShouldContain(static request => request.Authorization.StartsWith("Bearer Sec", StringComparison.Ordinal));
        await service.GoAwayAsync();
        await TalkAsync(sora.ImapPort, false, $"a LOGIN user@lookup.example {New()}\r\nc LOGOUT\r\n", "c OK");
    }

    // A server that cannot reach its database says so, and why, but not with what
    private async Task<string> UnreachableDatabaseAsync(TempFolder folder)
    {
        var run = await CommandRun.RunAsync(
            "dotnet",
            [
                Programs.Sora, "run", "--data", folder.File("unreachable"), "--port-base", FreePort.NextRange(7).ToString(System.Globalization.CultureInfo.InvariantCulture), "--set", "log.level=trace",
                "--set", "database.embedded=false", "--set", "database.hosts=127.0.0.1", "--set", $"database.port={FreePort.NextRange(1)}", "--set", "database.start_timeout=1s", "--set", "database.user=sora", "--set", $"database.password={New()}",
                "--set", "storage.bodies_folder=" + folder.File("bodies"),
            ]);
        run.ExitCode.ShouldNotBe(0);
        return run.All;
    }

    private async Task<string> ConfigurationAsync(TempFolder folder, TokenIssuer issuer)
    {
        var file = folder.File("config.toml");
        await File.WriteAllTextAsync(file, $"[[auth.oauth]]\nissuer = \"{issuer.Url}\"\naudiences = [\"sora\"]\nscopes = [\"email\"]\nclient_secret = \"{New()}\"\n");
        return file;
    }

    private static string Bearer(string token) => Base64($"n,,\u0001auth=Bearer {token}\u0001\u0001");

    private async Task Pop3Async(SoraProcess sora, string password)
    {
        await TalkAsync(sora.Pop3Port, false, $"USER {User}\r\nPASS {password}\r\nQUIT\r\n", "+OK maildrop");
        await TalkAsync(sora.Pop3sPort, true, $"AUTH PLAIN {Plain(User, password)}\r\nQUIT\r\n", "+OK maildrop");
        await TalkAsync(
            sora.Pop3Port, false,
            $"USER {User}\r\nPASS {New()}\r\n"
            + $"USER {New()}\r\nPASS {New()}\r\n"
            + $"PASS {New()}\r\n"
            + $"USER {New()} {New()}\r\nPASS {New()} {New()}\r\n"
            + $"USER {User} {New()}\r\nPASS {New()}\r\n"
            + $"AUTH LOGIN\r\n{Base64(User)}\r\n{Base64(New())}\r\n"
            + $"AUTH SCRAM-SHA-256 {Base64("n,,n=" + User + ",r=" + New())}\r\n{Base64("c=biws,r=x,p=" + New())}\r\n"
            + $"AUTH LOGIN {Base64(New())}\r\n*{New()}\r\n"
            + $"APOP {User} {New()}\r\n"
            + $"AUTH PLAIN {Plain(User, New())}\r\n"
            + $"AUTH PLAIN {Base64(New())}\r\n"
            + $"AUTH PLAIN\r\n{Plain(New(), New())}\r\n"
            + $"AUTH PLAIN\r\n?{New()}\r\n"
            + $"AUTH {New()} {New()}\r\n"
            + $"{New()}\r\n"
            + $"PASS {New()}{new string('x', 20_000)}\r\n"
            + "QUIT\r\n",
            "-ERR [AUTH]");
        await BreakOffAsync(sora.Pop3Port, $"USER {User}\r\nPASS {New()}");
    }

    private async Task ManageSieveAsync(SoraProcess sora, string password)
    {
        await TalkAsync(sora.ManageSievePort, false, $"AUTHENTICATE \"PLAIN\" \"{Plain(User, password)}\"\r\nLOGOUT\r\n", "OK \"Logged in\"");
        var literal = Plain(User, New());
        await TalkAsync(
            sora.ManageSievePort, false,
            $"AUTHENTICATE \"PLAIN\" \"{Plain(User, New())}\"\r\n"
            + $"AUTHENTICATE \"PLAIN\" {{{literal.Length}+}}\r\n{literal}\r\n"
            + $"AUTHENTICATE \"PLAIN\"\r\n\"{Plain(New(), New())}\"\r\n"
            + $"AUTHENTICATE \"LOGIN\"\r\n\"{Base64(New())}\"\r\n\"{Base64(New())}\"\r\n"
            + $"AUTHENTICATE \"PLAIN\" \"?{New()}\"\r\n"
            + $"AUTHENTICATE \"SCRAM-SHA-256\" \"{Base64("n,,n=" + User + ",r=" + New())}\"\r\n\"{Base64("c=biws,r=x,p=" + New())}\"\r\n"
            + $"AUTHENTICATE \"PLAIN\" {New()}\r\n"
            + $"AUTHENTICATE \"{New()}\" \"{Base64(New())}\"\r\n"
            + $"{New()} \"{New()}\"\r\n"
            + "LOGOUT\r\n",
            "NO ");
        await BreakOffAsync(sora.ManageSievePort, $"AUTHENTICATE \"PLAIN\" \"{Plain(User, New())}");
        await BreakOffAsync(sora.ManageSievePort, $"AUTHENTICATE \"PLAIN\" {{1000+}}\r\n{New()}");
    }

    // LMTP knows no logins, which does not keep people from trying
    private Task LmtpAsync(SoraProcess sora) =>
        TalkAsync(sora.LmtpPort, false, $"LHLO me\r\nAUTH PLAIN {Plain(User, New())}\r\n{New()}\r\nQUIT\r\n", "221");

    private static async Task RelayAsync(SoraProcess sora, SmtpPeer peer, StringBuilder said)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("away.sieve"), "redirect \"elsewhere@example.net\";\r\n");
        said.Append((await sora.AdminAsync("sieve", "put", "--email", User, "--name", "away", "--file", folder.File("away.sieve"), "--activate")).All);
        using (var lmtp = await LmtpClient.ConnectAsync(sora.LmtpPort))
            await lmtp.DeliverAsync(User, "Subject: test\r\n\r\ntext\r\n"u8.ToArray());
        await Eventually.WaitAsync(() => peer.Messages.Count == 1);
    }

    private string New()
    {
        var secret = $"Sec{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(9))}T";
        _secrets.Add(secret);
        return secret;
    }

    private static string Plain(string user, string password) => Base64($"\0{user}\0{password}");

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    // As it is, and in base64 wherever it stands in what was encoded
    private static IEnumerable<string> Forms(string secret)
    {
        yield return secret;
        yield return Convert.ToHexString(Encoding.UTF8.GetBytes(secret));
        for (var offset = 0; offset < 3; offset++)
        {
            var whole = Base64(new string('x', offset) + secret);
            var from = offset == 0 ? 0 : 4; // the first group has something of what is before
            yield return whole[from..((offset + secret.Length) / 3 * 4)];
        }
    }

    private static async Task TalkAsync(int port, bool tls, string commands, string expected)
    {
        using var connection = await LineConnection.ConnectAsync(port, tls);
        await connection.WriteAsync(commands);
        var answers = await connection.ReadToEndAsync();
        answers.ShouldContain(expected, Case.Sensitive, commands);
    }

    private static async Task BreakOffAsync(int port, string begun)
    {
        using var connection = await LineConnection.ConnectAsync(port);
        await connection.WriteAsync(begun);
    }

    private static async Task RefusedAsync(StringBuilder said, SoraProcess sora, params string[] arguments)
    {
        var run = await CommandRun.RunAsync("dotnet", [Programs.SoraAdmin, .. arguments, "--data", sora.Data, "--set", "passwords.bcrypt_cost=4"]);
        run.ExitCode.ShouldNotBe(0);
        said.Append(run.Output).Append(run.Errors);
    }

    // The server still writes to it
    private static async Task<string> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
