using System.Globalization;
using Sora.EndToEnd.Tests.Servers;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Clients;

/// <summary>sieve-connect manages scripts over STARTTLS.</summary>
[Collection(SharedServerTests.Name)]
public sealed class SieveConnectTests(SharedServer server)
{
    private readonly SoraProcess _sora = server.Sora;
    private readonly string _user = server.NextAccount();

    [Fact]
    public async Task A_script_is_checked_put_activated_read_and_deleted()
    {
        using var folder = new TempFolder();
        const string script = "require [\"fileinto\"];\r\nif header :is \"x\" \"y\" {\r\n  fileinto \"Archive\";\r\n}\r\n";
        var file = folder.File("main.sieve");
        await File.WriteAllTextAsync(file, script);
        (await ConnectAsync("--list")).Output.ShouldNotContain("main");
        await ConnectAsync("--checkscript", "--localsieve", file);
        await ConnectAsync("--upload", "--localsieve", file, "--remotesieve", "main");
        await ConnectAsync("--activate", "--remotesieve", "main");
        var listed = (await ConnectAsync("--list")).Output;
        listed.ShouldContain("main");
        listed.ShouldContain("ACTIVE");
        var copy = folder.File("copy.sieve");
        await ConnectAsync("--download", "--remotesieve", "main", "--localsieve", copy);
        (await File.ReadAllTextAsync(copy)).ReplaceLineEndings("\n").ShouldBe(script.ReplaceLineEndings("\n"));
        await ConnectAsync("--deactivate");
        await ConnectAsync("--delete", "--remotesieve", "main");
        (await ConnectAsync("--list")).Output.ShouldNotContain("main");
    }

    [Fact]
    public async Task A_script_with_an_error_is_refused_with_the_reason()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("bad.sieve"), "keep;\r\nnonsense;\r\n");
        var run = await RunAsync("--upload", "--localsieve", folder.File("bad.sieve"), "--remotesieve", "bad");
        run.ExitCode.ShouldNotBe(0, run.All);
        run.All.ShouldContain("line 2");
        (await ConnectAsync("--list")).Output.ShouldNotContain("bad");
    }

    private async Task<CommandRun> ConnectAsync(params string[] arguments)
    {
        var run = await RunAsync(arguments);
        run.ExitCode.ShouldBe(0, run.All);
        return run;
    }

    private Task<CommandRun> RunAsync(params string[] arguments) => CommandRun.RunAsync(
        "sieve-connect",
        [
            "--server", "127.0.0.1", "--port", _sora.ManageSievePort.ToString(CultureInfo.InvariantCulture), "--user", _user, "--notlsverify", "--nosslverify",
            "--passwordfd", "0", .. arguments,
        ],
        "sieve-connect",
        SharedServer.Password + "\n");
}
