using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Sora.EndToEnd.Tests.Servers;

/// <summary>A program that was run to its end.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Errors)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Everything it said, for messages of failed tests.</summary>
    public string All => $"exit code {ExitCode}\n{Output}\n{Errors}";

    /// <summary>Runs a program; when it does not end in time it is killed and the test fails.</summary>
    /// <param name="package">The Debian package that has it, named when the program is missing.</param>
    public static async Task<CommandRun> RunAsync(
        string program, IEnumerable<string> arguments, string? package = null, string? input = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1,
            StandardErrorEncoding = Encoding.Latin1,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Start(start, package);
        using var limit = new CancellationTokenSource(Patience);
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            if (input is not null)
                await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within {Patience}: {await output}{await errors}", e);
        }

        return new CommandRun(process.ExitCode, await output, await errors);
    }

    /// <inheritdoc cref="RunAsync"/>
    public static async Task<CommandRun> MustSucceedAsync(
        string program, IEnumerable<string> arguments, string? package = null, string? input = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var run = await RunAsync(program, arguments, package, input, environment);
        if (run.ExitCode != 0)
            Assert.Fail($"{program} failed: {run.All}");
        return run;
    }

    private static Process Start(ProcessStartInfo start, string? package)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e) when (package is not null)
        {
            throw new FileNotFoundException($"missing program {start.FileName}: install the package {package} (./dev test does)", e);
        }
    }
}
