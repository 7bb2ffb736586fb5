using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Sora.Mailstore.Storage.Embedded;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Servers;

/// <summary>
/// One <c>sora run</c> on a data folder. It can be killed, terminated and started again on the same folder and ports; whatever
/// happens to it, nothing of it is left after <see cref="DisposeAsync"/>.
/// </summary>
internal sealed class SoraProcess : IAsyncDisposable
{
    private const int Ports = 7;
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan StopPatience = TimeSpan.FromMinutes(2);

    private readonly TempFolder _folder = TempFolder.OfServer();
    private readonly string? _configuration;
    private readonly string[] _settings;
    private readonly StringBuilder _output = new();
    private Process? _process;

    private SoraProcess(string? configuration, string[] settings, int portBase)
    {
        _configuration = configuration;
        _settings = settings;
        PortBase = portBase;
        AppDomain.CurrentDomain.ProcessExit += KillAll;
    }

    public int PortBase { get; }

    public int LmtpPort => PortBase;

    public int ImapPort => PortBase + 1;

    public int ImapsPort => PortBase + 2;

    public int Pop3Port => PortBase + 3;

    public int Pop3sPort => PortBase + 4;

    public int ManageSievePort => PortBase + 5;

    public int HttpPort => PortBase + 6;

    /// <summary>The address and password that the ready file names.</summary>
    public (string Address, string Password) FirstAccount { get; private set; }

    public int Pid { get; private set; }

    public string Data => _folder.File("data");

    /// <summary>Everything the server wrote so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    private string ReadyFile => _folder.File("ready.json");

    /// <summary>Starts a server in a new folder.</summary>
    /// <param name="settings">Each "section.key=value", as --set takes it.</param>
    public static Task<SoraProcess> StartAsync(params string[] settings) => StartWithAsync(null, settings);

    /// <summary>Starts a server in a new folder.</summary>
    /// <param name="configuration">The configuration file; null for none.</param>
    /// <param name="settings">Each "section.key=value", as --set takes it.</param>
    public static async Task<SoraProcess> StartWithAsync(string? configuration, params string[] settings)
    {
        var sora = new SoraProcess(configuration, settings, FreePort.NextRange(Ports));
        try
        {
            await sora.StartAgainAsync();
            return sora;
        }
        catch
        {
            await sora.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the server on its folder, and waits until it is ready.</summary>
    public Task StartAgainAsync() => StartAgainAsync([], new Dictionary<string, string>(), mayEnd: false);

    /// <summary>Starts the server on its folder, and waits until it is ready.</summary>
    /// <param name="more">Settings that this run has besides the others; of one that is there twice the last counts.</param>
    /// <param name="environment">Variables that this run has.</param>
    /// <param name="mayEnd">It may also end before it is ready.</param>
    public async Task StartAgainAsync(IReadOnlyList<string> more, IReadOnlyDictionary<string, string> environment, bool mayEnd)
    {
        File.Delete(ReadyFile);
        var arguments = new List<string>
        {
            Programs.Sora, "run", "--data", Data, "--port-base", PortBase.ToString(CultureInfo.InvariantCulture), "--ready-file", ReadyFile,
        };
        if (_configuration is not null)
            arguments.AddRange(["--config", _configuration]);
        foreach (var setting in _settings.Concat(more))
            arguments.AddRange(["--set", setting]);
        _process?.Dispose();
        var start = new ProcessStartInfo("dotnet", arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Eventually.WaitAsync(() => _process.HasExited || TryReadReadyFile(), StartPatience, "Sora is ready", () => Output);
        if (_process.HasExited && !mayEnd)
            Assert.Fail($"Sora ended with {_process.ExitCode} before it was ready:\n{Output}");
    }

    /// <summary>kill -9: the server has no time for anything.</summary>
    public async Task KillAsync()
    {
        Signals.Kill(Pid);
        await _process!.WaitForExitAsync();
    }

    /// <summary>Sends SIGTERM; <see cref="WaitForExitAsync"/> waits for the end.</summary>
    public void Terminate() => Signals.Terminate(Pid);

    /// <summary>The exit code.</summary>
    public async Task<int> WaitForExitAsync()
    {
        using var limit = new CancellationTokenSource(StopPatience);
        try
        {
            await _process!.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"Sora did not end within {StopPatience}:\n{Output}", e);
        }

        return _process.ExitCode;
    }

    public bool HasExited => _process is null || _process.HasExited;

    /// <summary>Process id of the private PostgreSQL's first process.</summary>
    public int DatabasePid =>
        int.Parse(File.ReadLines(Directory.EnumerateFiles(Data, "postmaster.pid", SearchOption.AllDirectories).Single()).First(), CultureInfo.InvariantCulture);

    /// <summary>Creates accounts by sora-admin, all with the same password.</summary>
    public async Task CreateAccountsAsync(string password, params string[] addresses)
    {
        var file = _folder.File("accounts.tsv");
        await File.WriteAllLinesAsync(file, addresses.Select(address => $"{address}\t{password}"));
        await AdminAsync("accounts", "create", "--from-file", file);
    }

    /// <summary>Runs sora-admin on this server's data folder and settings. Passwords are hashed cheaply.</summary>
    public async Task<CommandRun> AdminAsync(params string[] arguments)
    {
        var run = await TryAdminAsync(arguments);
        if (run.ExitCode != 0)
            Assert.Fail($"sora-admin {string.Join(' ', arguments)} failed: {run.All}");
        return run;
    }

    /// <summary>As <see cref="AdminAsync"/>, but it may fail.</summary>
    public Task<CommandRun> TryAdminAsync(params string[] arguments) => TryAdminAsync(arguments, null);

    /// <inheritdoc cref="TryAdminAsync(string[])"/>
    public Task<CommandRun> TryAdminAsync(string[] arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var settings = _settings.Where(static setting => setting.StartsWith("database.", StringComparison.Ordinal)).Append("passwords.bcrypt_cost=4");
        return CommandRun.RunAsync(
            "dotnet", [Programs.SoraAdmin, .. arguments, "--data", Data, .. settings.SelectMany(static setting => new[] { "--set", setting })],
            environment: environment);
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= KillAll;
        if (_process is { HasExited: false } && Pid > 0)
        {
            Terminate();
            using var limit = new CancellationTokenSource(StopPatience);
            await _process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        KillAll(null, EventArgs.Empty);

        // For a closer look at a failed test: the folder that keeps what the servers wrote
        if (Environment.GetEnvironmentVariable("SORA_TEST_LOGS") is { Length: > 0 } logs)
            await File.WriteAllTextAsync(Path.Combine(logs, $"sora-{PortBase}.log"), Output);
        await Eventually.WaitAsync(() => Signals.WorkingBelow(_folder.Path).Count == 0);

        // One that was stopped in an orderly way has removed it itself
        if (PostgresAddress.Read(Data) is { } address && Directory.Exists(address.SocketFolder))
            Directory.Delete(address.SocketFolder, recursive: true);
        _process?.Dispose();
        _folder.Dispose();
    }

    // A server that was killed leaves its PostgreSQL running
    private void KillAll(object? sender, EventArgs e)
    {
        if (_process is { HasExited: false })
            _process.Kill(entireProcessTree: true);
        foreach (var pid in Signals.WorkingBelow(_folder.Path))
            Signals.Kill(pid);
    }

    private void Keep(string? line)
    {
        lock (_output)
            _output.AppendLine(line);
    }

    private bool TryReadReadyFile()
    {
        if (!File.Exists(ReadyFile))
            return false;
        using var ready = JsonDocument.Parse(File.ReadAllBytes(ReadyFile));
        var root = ready.RootElement;
        Pid = root.GetProperty("pid").GetInt32();
        FirstAccount = (root.GetProperty("address").GetString()!, root.GetProperty("password").GetString()!);
        root.GetProperty("ports").ValueKind.ShouldBe(JsonValueKind.Object);
        return true;
    }
}
