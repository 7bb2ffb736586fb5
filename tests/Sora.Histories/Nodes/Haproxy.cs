using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Sora.Testing;

namespace Sora.Histories.Nodes;

/// <summary>HAProxy with the configuration that comes with Sora (deploy/haproxy/haproxy.cfg).</summary>
public sealed class Haproxy : IAsyncDisposable
{
    private static readonly string[] Names = ["IMAP", "IMAPS", "POP3", "POP3S", "SIEVE", "LMTP", "IMAPS_ENDED"];

    private readonly TempFolder _folder = new();
    private readonly StringBuilder _output = new();
    private readonly int _ports = FreePort.NextRange(Names.Length);
    private Process? _process;

    private Haproxy()
    {
    }

    /// <summary>What it wrote.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    private string SocketFile => _folder.File("admin.sock");

    /// <summary>The port of a listener, by the end of its variable's name in the configuration.</summary>
    public int Port(string name) => _ports + Array.IndexOf(Names, name);

    /// <summary>Starts it.</summary>
    /// <param name="nodes">Where each Sora waits for it: the end of the variable's name, and the port on 127.0.0.1.</param>
    public static async Task<Haproxy> StartAsync(params IReadOnlyList<IReadOnlyDictionary<string, int>> nodes)
    {
        var proxy = new Haproxy();
        try
        {
            await proxy.StartProcessAsync(nodes);
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    /// <summary>Why there can be none on this machine; null when there can.</summary>
    public static string? Missing { get; } = Program() is { } program && (program[0] == '/' || InPath(program)) ? null : "haproxy is not installed";

    /// <summary>One line for each server: its listener, its name, and what the last health check found, such as L7OK.</summary>
    public async Task<IReadOnlyList<(string Listener, string Server, string Check)>> ChecksAsync()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketFile));
        await socket.SendAsync("show stat\n"u8.ToArray());
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        var rows = (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(',')).ToList();
        var check = Array.IndexOf(rows[0], "check_status");
        return [.. rows.Where(static row => row.Length > 2 && row[1].StartsWith("node", StringComparison.Ordinal)).Select(row => (row[0], row[1], row[check]))];
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        _folder.Dispose();
    }

    private async Task StartProcessAsync(IReadOnlyList<IReadOnlyDictionary<string, int>> nodes)
    {
        using (var authority = new TestAuthority())
        {
            var certificate = authority.Issue("mail.example.org");
            await File.WriteAllTextAsync(_folder.File("sora.pem"), certificate.Certificate + certificate.Key);
        }

        var start = new ProcessStartInfo(Program(), ["-db", "-f", Path.Combine(BuiltPrograms.Repository, "deploy", "haproxy", "haproxy.cfg")])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["SORA_HAPROXY_LOG_LEVEL"] = "info";
        start.Environment["SORA_HAPROXY_MAXCONN"] = "200";
        start.Environment["SORA_HAPROXY_SOCKET"] = SocketFile;
        start.Environment["SORA_HAPROXY_PEM"] = _folder.File("sora.pem");
        foreach (var name in Names)
            start.Environment["SORA_HAPROXY_" + name] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port(name)}");
        for (var i = 0; i < nodes.Count; i++)
        {
            foreach (var (name, port) in nodes[i])
                start.Environment[string.Create(CultureInfo.InvariantCulture, $"SORA_NODE{i + 1}_{name}")] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        }

        try
        {
            _process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new FileNotFoundException("missing program haproxy: install the package haproxy (./dev test does)", e);
        }

        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Eventually.WaitAsync(() => _process.HasExited || File.Exists(SocketFile));
        if (_process.HasExited)
            throw new InvalidOperationException($"HAProxy ended with {_process.ExitCode}:\n{Output}");
    }

    private static bool InPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    // Where Debian has it, which is in no ordinary user's path
    private static string Program() => File.Exists("/usr/sbin/haproxy") ? "/usr/sbin/haproxy" : "haproxy";

    private void Keep(string? line)
    {
        lock (_output)
            _output.AppendLine(line);
    }
}
