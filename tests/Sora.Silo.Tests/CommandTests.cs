using Sora.Silo.Commands;
using Sora.Testing;

namespace Sora.Silo.Tests;

public sealed class CommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Check_of_a_good_file_says_so()
    {
        (await RunAsync("config", "check", "--config", Write("[imap]\nmax_line = \"32KiB\"\n"))).ShouldBe(0);
        _output.ToString().ShouldBe("The configuration is good\n");
    }

    [Fact]
    public async Task Check_shows_every_fault_with_its_line()
    {
        var file = Write("[imap]\nmax_lines = 5\nlogin_timeout = \"soon\"\n[lmtp]\nlisten = [\"nowhere\"]\n[cluster]\nsilo_port = 0\n");
        (await RunAsync("config", "check", "--config", file)).ShouldBe(1);
        var lines = _error.ToString().TrimEnd().Split('\n');
        lines.Length.ShouldBe(4);
        lines.ShouldContain(line => line.StartsWith($"{file}:2", StringComparison.Ordinal) && line.Contains("imap.max_lines"));
        lines.ShouldContain(line => line.StartsWith($"{file}:3", StringComparison.Ordinal) && line.Contains("imap.login_timeout"));
        lines.ShouldContain(line => line.Contains(":5") && line.Contains("lmtp.listen"));
        lines.ShouldContain(line => line.Contains(":7") && line.Contains("cluster.silo_port"));
    }

    [Theory]
    [InlineData("imap.listen=127.0.0.1:2143\nlmtp.listen=127.0.0.1:2143", "imap.listen has '127.0.0.1:2143', which lmtp.listen has already")]
    [InlineData("tls.self_signed=false", "imap.tls_listen needs a certificate")]
    [InlineData("tls_store.secret=short", "32 characters")]
    [InlineData("acme.http_listen=nowhere", "acme.http_listen has 'nowhere'")]
    [InlineData("acme.enabled=true", "agree_terms must be true")]
    [InlineData("mailboxes.write_timeout=2m", "storage.staged_file_hold must be longer than mailboxes.write_timeout")]
    [InlineData("log.levels=Npgsql", "log.levels has 'Npgsql'")]
    [InlineData("http.allowed_networks=10.0.0.0/33", "http.allowed_networks")]
    [InlineData("metrics.otlp_endpoint=collector:4317", "metrics.otlp_endpoint must be a URL")]
#if ORLEANS
    [InlineData("cluster.enabled=true\ncluster.dashboard=true", "cluster.dashboard needs http.token")]
    [InlineData("http.token=secret\ncluster.dashboard=true", "cluster.dashboard shows a cluster, and needs enabled = true")]
#else
    [InlineData("http.token=secret\ncluster.dashboard=true", "cluster.dashboard needs a Sora that was built with Orleans")]
#endif
    [InlineData("node.first_account=me", "node.first_account must be an address")]
    public async Task Check_knows_the_rules_between_keys(string settings, string expected)
    {
        string[] arguments = ["config", "check", .. settings.Split('\n').SelectMany(setting => new[] { "--set", setting })];
        (await RunAsync(arguments)).ShouldBe(1);
        _error.ToString().Replace("[", "").Replace(": ", " ").ShouldContain(expected.Replace(": ", " "));
    }

    [Fact]
    public async Task Dump_masks_secrets_and_tells_origins()
    {
        var file = Write("[database]\nembedded = false\nhosts = [\"db\"]\npassword = \"correct horse\"\n");
        (await RunAsync("config", "dump", "--config", file, "--origins", "--set", "log.level=debug")).ShouldBe(0);
        var dump = _output.ToString();
        dump.ShouldNotContain("correct horse");
        dump.ShouldContain($"{file}:4");
        dump.ShouldContain("--set log.level");
        dump.ShouldContain("[imap]");
    }

    [Fact]
    public async Task What_dump_writes_is_a_good_file()
    {
        (await RunAsync("config", "dump", "--set", "imap.max_line=128KiB")).ShouldBe(0);
        var file = Write(_output.ToString());
        (await RunAsync("config", "check", "--config", file)).ShouldBe(0, _error.ToString());
    }

    [Fact]
    public async Task The_example_file_is_what_the_program_prints()
    {
        (await RunAsync("config", "example")).ShouldBe(0);
        var expected = await File.ReadAllTextAsync(Repository.PathOf("config.toml.example"));
        _output.ToString().ShouldBe(expected, "after a change of options: dotnet run --project src/Sora.Silo -- config example > config.toml.example");
    }

    [Fact]
    public async Task The_example_file_is_good_and_changes_nothing()
    {
        (await RunAsync("config", "check", "--config", Repository.PathOf("config.toml.example"))).ShouldBe(0, _error.ToString());
        (await RunAsync("config", "dump", "--config", Repository.PathOf("config.toml.example"))).ShouldBe(0);
        var fromExample = _output.ToString();
        _output.GetStringBuilder().Clear();
        (await RunAsync("config", "check", "--config", Write(""))).ShouldBe(0);
        _output.GetStringBuilder().Clear();
        (await RunAsync("config", "dump", "--config", Write(""))).ShouldBe(0);
        fromExample.ShouldContain(_output.ToString());
    }

    [Theory]
    [InlineData("run", "--port-base", "0")]
    [InlineData("run", "--port-base", "65530")]
    [InlineData("run", "--no-such-argument")]
    [InlineData("config", "verify")]
    [InlineData("health", "--url", "nowhere")]
    public async Task Wrong_arguments_are_refused(params string[] arguments)
    {
        (await RunAsync(arguments)).ShouldNotBe(0);
        _error.ToString().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Health_of_nobody_is_1()
    {
        (await RunAsync("health", "--url", $"http://127.0.0.1:{FreePort.Next()}/health/readyz")).ShouldBe(1);
        _error.ToString().ShouldContain("does not answer");
    }

    [Fact]
    public async Task Version_names_the_program()
    {
        (await RunAsync("version")).ShouldBe(0);
        _output.ToString().ShouldStartWith("sora " + ProgramVersion.Text);
    }

    private string Write(string text)
    {
        var file = _folder.File("config.toml");
        File.WriteAllText(file, text);
        return file;
    }

    private Task<int> RunAsync(params string[] arguments) => SoraCommand.RunAsync(arguments, _output, _error);
}
