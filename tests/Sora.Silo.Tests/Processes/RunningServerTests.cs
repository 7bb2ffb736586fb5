using System.Globalization;
using System.Text.Json;
using Sora.Silo.Commands;
using Sora.Testing;

namespace Sora.Silo.Tests.Processes;

/// <summary>One server for all tests of the class.</summary>
public sealed class RunningServer : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = TempFolder.OfServer();

    internal SoraProcess Process { get; private set; } = null!;

    internal string Folder => _folder.Path;

    public async Task InitializeAsync() =>
        Process = await SoraProcess.StartAsync(_folder.Path, "--set", "log.level=trace", "--set", "log.levels=Microsoft=debug", "--set", "log.format=json");

    public async Task DisposeAsync() => await Process.DisposeAsync();

    public void Dispose() => _folder.Dispose();
}

public sealed class RunningServerTests(RunningServer server) : IClassFixture<RunningServer>
{
    private readonly SoraProcess _process = server.Process;

    [Fact]
    public void The_ready_file_says_where_and_who()
    {
        _process.Ready.GetProperty("pid").GetInt32().ShouldBe(_process.Pid);
        _process.Address.ShouldBe("sora@localhost");
        _process.Password.Length.ShouldBe(20);
        var first = _process.Port("lmtp");
        _process.Port("imap").ShouldBe(first + 1);
        _process.Port("imaps").ShouldBe(first + 2);
        _process.Port("pop3").ShouldBe(first + 3);
        _process.Port("pop3s").ShouldBe(first + 4);
        _process.Port("managesieve").ShouldBe(first + 5);
        _process.Port("admin").ShouldBe(first + 6);
        _process.Ready.GetProperty("ports").EnumerateObject().Count().ShouldBe(7);
    }

    [Theory]
    [InlineData("ready.json")]
    [InlineData("data/first-account.json")]
    [InlineData("data/tls/self-signed.key")]
    public void Files_with_secrets_are_private(string name)
    {
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(Path.Combine(server.Folder, name)).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task The_password_is_shown_on_the_screen_once_it_is_made()
    {
        // What it has written comes through a pipe, beside the file that says it is ready
        var wanted = $"sora@localhost  password: {_process.Password}";
        await Eventually.WaitAsync(() => _process.Screen.Contains(wanted, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Health_asks_the_database_and_the_disk()
    {
        using var client = new HttpClient();
        using var json = JsonDocument.Parse(await client.GetStringAsync(_process.Url("/health")));
        json.RootElement.GetProperty("status").GetString().ShouldBe("ok");
        json.RootElement.GetProperty("checks").EnumerateObject().Select(check => check.Name).ShouldContain("database_write");
    }

    [Fact]
    public async Task The_health_command_knows_it()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        (await SoraCommand.RunAsync(["health", "--url", _process.Url("/health/readyz").ToString()], output, error)).ShouldBe(0);
        output.ToString().ShouldBe("ready\n");
        (await SoraCommand.RunAsync(["health", "--url", _process.Url("/nothing").ToString()], output, error)).ShouldBe(1);
    }

    [Fact]
    public async Task A_message_goes_in_by_LMTP_and_comes_out_by_IMAP_and_leaves_no_trace_in_the_log()
    {
        const string text = "The-body-that-no-log-may-hold";
        await DeliverAsync(_process, text);
        using var imap = await LineClient.ConnectAsync(_process.Port("imap"));
        await imap.ReadAsync();
        (await imap.ImapAsync($"LOGIN {_process.Address} not-the-password-{text}")).ShouldContain("t NO");
        (await imap.ImapAsync($"LOGIN {_process.Address} {_process.Password}")).ShouldContain("t OK");
        (await imap.ImapAsync("SELECT INBOX")).ShouldContain(" EXISTS");
        (await imap.ImapAsync("FETCH * BODY.PEEK[]")).ShouldContain(text);
        using var client = new HttpClient();
        var metrics = await client.GetStringAsync(_process.Url("/metrics"));
        metrics.ShouldContain("sora_connections_total{protocol=\"lmtp\"");
        metrics.ShouldContain("sora_commands_total{");
        metrics.ShouldNotContain(_process.Address);
        await Eventually.WaitAsync(() => _process.Output.Contains("SELECT", StringComparison.Ordinal));
        _process.Output.ShouldNotContain(text);
        _process.Output.ShouldNotContain(_process.Password);
        foreach (var line in _process.Output.Split('\n'))
            JsonDocument.Parse(line).RootElement.GetProperty("message").ValueKind.ShouldBe(JsonValueKind.String);
    }

    [Fact]
    public async Task A_second_server_on_the_same_port_says_so_and_leaves_the_first_alone()
    {
        var port = _process.Port("lmtp").ToString(CultureInfo.InvariantCulture);
        using var folder = new TempFolder();
        var (exitCode, _, screen) = await SoraProcess.RunAsync("run", "--data", folder.Path, "--port-base", port);
        exitCode.ShouldBe(1);
        screen.ShouldBe($"sora: cannot listen on 127.0.0.1:{_process.Port("admin")} (http.listen): another program uses this port");
        using var client = new HttpClient();
        (await client.GetStringAsync(_process.Url("/readyz"))).ShouldBe("ready\n");
    }

    [Fact]
    public async Task A_server_whose_site_has_files_that_cannot_be_used_does_not_start_and_names_them()
    {
        using var folder = new TempFolder();
        var script = folder.File("wrong.sieve");
        await File.WriteAllTextAsync(script, "keep;\nbogus;\n");
        await File.WriteAllTextAsync(
            folder.File("config.toml"),
            $"[sieve]\nbefore = [\"{script}\"]\n[[sieve.lists]]\nname = \"tag:example.com,2026:partners\"\nfile = \"{folder.File("missing.txt")}\"\n");
        string[] configuration = ["--data", folder.File("data"), "--config", folder.File("config.toml")];
        var problems = new[]
        {
            $"sieve.before: {script}: line 2, column 1: error: There is no command 'bogus'",
            $"sieve.lists[0].file: {folder.File("missing.txt")}: there is no such file",
        };
        var (exitCode, _, screen) = await SoraProcess.RunAsync(["run", .. configuration]);
        exitCode.ShouldBe(1);
        screen.ShouldBe($"sora: {string.Join("; ", problems)}");
        (exitCode, _, screen) = await SoraProcess.RunAsync(["config", "check", .. configuration]);
        exitCode.ShouldBe(1);
        screen.TrimEnd().ShouldBe(string.Join('\n', problems));
    }

    internal static async Task DeliverAsync(SoraProcess process, string text)
    {
        using var lmtp = await LineClient.ConnectAsync(process.Port("lmtp"));
        await lmtp.ReadUntilAsync("220 ");
        await lmtp.SendAsync("LHLO test\r\n");
        await lmtp.ReadUntilAsync("250 ");
        await lmtp.SendAsync($"MAIL FROM:<a@example.org>\r\nRCPT TO:<{process.Address}>\r\nDATA\r\n");
        await lmtp.ReadUntilAsync("354 ");
        await lmtp.SendAsync($"From: a@example.org\r\nSubject: test\r\nMessage-ID: <{Guid.NewGuid():N}@example.org>\r\n\r\n{text}\r\n.\r\n");
        await lmtp.ReadUntilAsync("250 ");
    }
}
