using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Sora.Testing;

namespace Sora.Silo.Tests.Processes;

/// <summary>The program itself, started as a user starts it.</summary>
internal sealed class SoraProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _error = new();

    private SoraProcess(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "sora.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("SORA__", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_error, line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public JsonElement Ready { get; private set; }

    public int Pid => _process.Id;

    public string Address => Ready.GetProperty("address").GetString()!;

    public string Password => Ready.GetProperty("password").GetString()!;

    /// <summary>Standard output, which is the log.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Standard error, which is the screen.</summary>
    public string Screen => string.Join('\n', _error);

    /// <summary>Starts a server with everything in a folder, and waits until it is ready.</summary>
    public static async Task<SoraProcess> StartAsync(string folder, params string[] more)
    {
        var readyFile = Path.Combine(folder, "ready.json");
        var process = new SoraProcess([
            "run", "--data", Path.Combine(folder, "data"), "--port-base", FreePort.NextRange(7).ToString(CultureInfo.InvariantCulture),
            "--ready-file", readyFile, "--set", "database.embedded_server.durable=false", "--set", "passwords.bcrypt_cost=4", .. more]);
        try
        {
            await Eventually.WaitAsync(() => File.Exists(readyFile) || process._process.HasExited, Patience);
            process._process.HasExited.ShouldBeFalse(process.Screen + process.Output);
            using var json = JsonDocument.Parse(await File.ReadAllTextAsync(readyFile));
            process.Ready = json.RootElement.Clone();
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs the program to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Screen)> RunAsync(params string[] arguments)
    {
        await using var process = new SoraProcess(arguments);
        var exitCode = await process.ExitAsync();
        return (exitCode, process.Output, process.Screen);
    }

    public int Port(string name) => Ready.GetProperty("ports").GetProperty(name).GetInt32();

    public Uri Url(string path) => new($"http://127.0.0.1:{Port("admin")}{path}");

    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, Pid.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits for the end.</summary>
    public async Task<int> ExitAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await SignalAsync("TERM");
            try
            {
                await ExitAsync();
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }

        _process.Dispose();
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
            lines.Enqueue(line);
    }
}
