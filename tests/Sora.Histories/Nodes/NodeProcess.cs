using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Sora.Histories.Wire;
using Sora.Testing;

namespace Sora.Histories.Nodes;

/// <summary>One <c>sora run</c>, which can be killed, paused and started again.</summary>
public sealed class NodeProcess : IAsyncDisposable
{
    private const int Ports = 7;
    private const int LongestOutput = 4 << 20;
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan StopPatience = TimeSpan.FromMinutes(2);

    private readonly TempFolder _folder = new();
    private readonly IReadOnlyList<string> _settings;
    private readonly NodeLink? _link;
    private readonly int _portBase;
    private readonly StringBuilder _output = new();
    private Process? _process;

    /// <param name="name">Its name in logs and histories.</param>
    /// <param name="settings">Each "section.key=value".</param>
    /// <param name="link">Its own network; null for this machine's loopback.</param>
    internal NodeProcess(string name, IReadOnlyList<string> settings, NodeLink? link)
    {
        (Name, _settings, _link) = (name, settings, link);
        _portBase = FreePort.NextRange(Ports);
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    public string Name { get; }

    /// <summary>Of the start that is the last one, also when it has ended.</summary>
    public int Pid => _process!.Id;

    public Endpoint Imap => At(1);

    public Endpoint Lmtp => At(0);

    /// <summary>Where operators ask, on this machine's loopback.</summary>
    public Uri Admin => new UriBuilder(Uri.UriSchemeHttp, "127.0.0.1", _portBase + 6).Uri;

    /// <summary>The build that <see cref="StartAsync"/> runs.</summary>
    public SoraBuild Build { get; set; } = SoraBuild.This;

    /// <summary>Its own network, which can be cut; null when it has none.</summary>
    public NodeLink? Link => _link;

    /// <summary>The end of what it wrote.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public bool HasExited => _process is null || _process.HasExited;

    private string ReadyFile => _folder.File("ready.json");

    private IPAddress Address => _link?.Address ?? IPAddress.Loopback;

    /// <summary>Starts it, also again after it has ended, and waits until it is ready.</summary>
    /// <exception cref="InvalidOperationException">It ended instead.</exception>
    public async Task StartAsync()
    {
        File.Delete(ReadyFile);
        List<string> line = _link is null ? ["dotnet"] : ["ip", "netns", "exec", _link.Namespace, "dotnet"];
        line.AddRange([Build.Sora, "run", "--data", _folder.File("data"), "--port-base", _portBase.ToString(CultureInfo.InvariantCulture), "--ready-file", ReadyFile, "--set", $"node.name={Name}"]);
        if (_link is not null)
        {
            // --port-base means loopback, where only the node itself is in its network
            foreach (var (section, port) in new[] { ("lmtp", 0), ("imap", 1) })
                line.AddRange(["--set", string.Create(CultureInfo.InvariantCulture, $"{section}.listen={Address}:{_portBase + port}")]);
        }

        foreach (var setting in _settings)
            line.AddRange(["--set", setting]);
        _process?.Dispose();
        var process = Process.Start(new ProcessStartInfo(line[0], line.Skip(1)) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        _process = process;
        process.OutputDataReceived += (_, data) => Keep(data.Data);
        process.ErrorDataReceived += (_, data) => Keep(data.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Eventually.WaitAsync(() => process.HasExited || File.Exists(ReadyFile), StartPatience, $"{Name} is ready", () => Output);
        if (process.HasExited)
            throw new InvalidOperationException($"{Name} ended with {process.ExitCode} before it was ready:\n{Output}");
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        Signals.Kill(Pid);
        await _process!.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and waits for the end.</summary>
    public async Task TerminateAsync()
    {
        Signals.Terminate(Pid);
        using var limit = new CancellationTokenSource(StopPatience);
        try
        {
            await _process!.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"{Name} did not end within {StopPatience}:\n{Output}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        if (!HasExited)
        {
            Signals.Continue(Pid);
            Signals.Terminate(Pid);
            using var limit = new CancellationTokenSource(StopPatience);
            await _process!.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        OnExit(null, EventArgs.Empty);
        if (Environment.GetEnvironmentVariable("SORA_TEST_LOGS") is { Length: > 0 } logs)
            await File.WriteAllTextAsync(Path.Combine(logs, $"{Name}-{_portBase}.log"), Output);
        _process?.Dispose();
        _folder.Dispose();
    }

    private void OnExit(object? sender, EventArgs e)
    {
        if (_process is { HasExited: false })
            _process.Kill(entireProcessTree: true);
    }

    private Endpoint At(int port) => new(Name, new IPEndPoint(Address, _portBase + port));

    private void Keep(string? line)
    {
        lock (_output)
        {
            if (_output.Length > LongestOutput)
                _output.Remove(0, _output.Length / 2);
            _output.AppendLine(line);
        }
    }
}
