using Sora.Testing;

namespace Sora.Silo.Tests.Processes;

public sealed class LifeTests : IDisposable
{
    private readonly TempFolder _folder = TempFolder.OfServer();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Mail_account_and_password_outlive_a_stop_and_a_kill()
    {
        string password;
        await using (var first = await SoraProcess.StartAsync(_folder.Path))
        {
            password = first.Password;
            await RunningServerTests.DeliverAsync(first, "first message");
            using var imap = await LineClient.ConnectAsync(first.Port("imap"));
            await imap.ReadAsync();
            using var lmtp = await LineClient.ConnectAsync(first.Port("lmtp"));
            await lmtp.ReadAsync();
            await first.SignalAsync("TERM");
            (await imap.ReadUntilAsync("* BYE")).ShouldNotBeEmpty();
            (await lmtp.ReadUntilAsync("421 ")).ShouldNotBeEmpty();
            (await first.ExitAsync()).ShouldBe(0, first.Output);
            File.Exists(_folder.File("ready.json")).ShouldBeFalse();
            Directory.EnumerateFiles(_folder.File("data"), "postmaster.pid", SearchOption.AllDirectories).ShouldBeEmpty();
        }

        await using (var second = await SoraProcess.StartAsync(_folder.Path))
        {
            second.Password.ShouldBe(password);
            second.Screen.ShouldNotContain(password);
            await RunningServerTests.DeliverAsync(second, "second message");
            await second.SignalAsync("KILL");
            (await second.ExitAsync()).ShouldNotBe(0);
        }

        File.Delete(_folder.File("ready.json"));
        await using var third = await SoraProcess.StartAsync(_folder.Path);
        third.Password.ShouldBe(password);
        using var client = await LineClient.ConnectAsync(third.Port("imap"));
        await client.ReadAsync();
        await client.ImapAsync($"LOGIN {third.Address} {password}");
        (await client.ImapAsync("SELECT INBOX")).ShouldContain("* 2 EXISTS");
        (await client.ImapAsync("FETCH 1 BODY.PEEK[TEXT]")).ShouldContain("first message");
        (await client.ImapAsync("FETCH 2 BODY.PEEK[TEXT]")).ShouldContain("second message");
    }

    [Fact]
    public async Task Sessions_that_do_not_end_are_cut_off_and_levels_change_on_a_hang_up()
    {
        var config = _folder.File("config.toml");
        await File.WriteAllTextAsync(config, "[node]\nfirst_account = \"me@example.org\"\n[connections]\ndrain_timeout = \"1h\"\n[log]\nlevel = \"information\"\n");
        await using var server = await SoraProcess.StartAsync(_folder.Path, "--config", config);
        server.Address.ShouldBe("me@example.org");
        await File.WriteAllTextAsync(config, "[log]\nlevel = \"debug\"\n");
        await server.SignalAsync("HUP");
        await Eventually.WaitAsync(() => server.Output.Contains("log level debug", StringComparison.Ordinal));
        await File.WriteAllTextAsync(config, "[log]\nlevel = \"loud\"\n");
        await server.SignalAsync("HUP");
        await Eventually.WaitAsync(() => server.Output.Contains("not read again", StringComparison.Ordinal));

        // In the middle of DATA, LMTP may not break off: only the second signal ends this session
        using var lmtp = await LineClient.ConnectAsync(server.Port("lmtp"));
        await lmtp.ReadAsync();
        await lmtp.SendAsync("LHLO test\r\nMAIL FROM:<>\r\nRCPT TO:<me@example.org>\r\nDATA\r\nSubject: half a mess");
        await lmtp.ReadUntilAsync("354 ");
        await server.SignalAsync("TERM");
        await Eventually.WaitAsync(() => server.Output.Contains("Stopping: 1 sessions", StringComparison.Ordinal));
        using var client = new HttpClient();
        using var response = await client.GetAsync(server.Url("/readyz"));
        ((int)response.StatusCode).ShouldBe(503);
        await server.SignalAsync("INT");
        (await server.ExitAsync()).ShouldBe(0, server.Output);
    }

    [Theory]
#if !ORLEANS
    [InlineData("--set", "cluster.enabled=true", "built without it (Orleans=false)")]
#endif
    [InlineData("--set", "node.roles=[\"gateway\"]", "must be both unless cluster.enabled is true")]
    [InlineData("--set", "imap.max_lines=1", "imap.max_lines")]
    [InlineData("--config", "/nowhere/config.toml", "/nowhere/config.toml")]
    [InlineData("--data", "/dev/null/x", "node.data")]
    public async Task What_cannot_start_says_why_in_one_line(string argument, string value, string expected)
    {
        string[] arguments = argument == "--data" ? [argument, value] : ["--data", _folder.Path, argument, value];
        var (exitCode, _, screen) = await SoraProcess.RunAsync(["run", .. arguments]);
        exitCode.ShouldBe(1);
        screen.ShouldContain(expected);
        screen.Split('\n').Length.ShouldBe(1);
    }
}
