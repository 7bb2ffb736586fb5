using System.Diagnostics;
using System.Globalization;

namespace Sora.Testing.S3;

/// <summary>Where a <see cref="RadosGateway"/> keeps what it is given.</summary>
public enum RadosStore
{
    /// <summary>In memory: gone when it is stopped.</summary>
    Memory,

    /// <summary>In a file, as in production: there again after a restart, also after kill -9.</summary>
    Bluestore,
}

/// <summary>
/// A real S3 server: Ceph's RADOS gateway with a monitor and one OSD, on free ports of 127.0.0.1, with one user. It takes about two seconds to start.
/// As root its processes run as the user "ceph".
/// </summary>
public sealed class RadosGateway : IAsyncDisposable
{
    public const string AccessKey = "AKTEST";
    public const string SecretKey = "SKTEST-not-a-secret";

    /// <summary>The name that buckets are subdomains of in host style; no DNS knows it.</summary>
    public const string HostName = "s3.test";

    private const int Attempts = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly string[] Programs = ["ceph-mon", "ceph-osd", "radosgw", "ceph", "radosgw-admin", "ceph-authtool", "monmaptool"];

    private readonly TempFolder _folder = new();
    private readonly RadosStore _store;
    private readonly List<Process> _running = [];
    private readonly string _osd = Guid.NewGuid().ToString();
    private Keeper? _keeper;
    private int _monitorPort;

    private RadosGateway(RadosStore store) => _store = store;

    /// <summary>Why there can be none on this machine; null when there can.</summary>
    public static string? Missing { get; } = WhyMissing();

    public int Port { get; private set; }

    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");

    /// <summary>Its processes, innermost first.</summary>
    public IReadOnlyList<int> ProcessIds => [.. _running.Select(static process => process.Id)];

    /// <summary>Starts a server with a store of its own.</summary>
    /// <exception cref="InvalidOperationException">It does not start; the message has what it said.</exception>
    public static async Task<RadosGateway> StartAsync(RadosStore store = RadosStore.Memory)
    {
        if (Missing is { } reason)
            throw new InvalidOperationException(reason);
        for (var attempt = 1; ; attempt++)
        {
            var gateway = new RadosGateway(store);
            try
            {
                await gateway.CreateAsync();
                return gateway;
            }
            catch (Exception) when (attempt < Attempts)
            {
                await gateway.DisposeAsync(); // somebody may have taken a port meanwhile
            }
            catch
            {
                await gateway.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>Starts the processes again after <see cref="StopAsync"/> or <see cref="KillAsync"/>, on the same ports.</summary>
    public async Task StartAgainAsync()
    {
        if (_store == RadosStore.Memory)
            throw new InvalidOperationException("Nothing is left of a store in memory");
        await RunAsync();
    }

    /// <summary>Ends the processes in an orderly way; those that do not end are killed.</summary>
    public async Task StopAsync()
    {
        EndKeeper();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        foreach (var process in Enumerable.Reverse(_running))
        {
            // One by one: without its monitor the OSD does not end
            if (!process.HasExited)
                Signals.Terminate(process.Id);
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await KillAsync();
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        EndKeeper();
        foreach (var process in _running)
        {
            if (!process.HasExited)
                process.Kill();
        }

        foreach (var process in _running)
        {
            await process.WaitForExitAsync();
            process.Dispose();
        }

        _running.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        if (_store == RadosStore.Memory)
            await KillAsync();
        else
            await StopAsync();
        _folder.Dispose();
    }

    private static string? WhyMissing()
    {
        if (!OperatingSystem.IsLinux())
            return "Needs a real S3 server (Ceph's RADOS gateway), which runs on Linux";
        var missing = Programs.Where(static name => Find(name) is null).ToList();
        return missing.Count == 0 ? null
            : $"Needs a real S3 server: install radosgw, ceph-mon and ceph-osd (./dev test does); missing: {string.Join(", ", missing)}";
    }

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"])
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    private async Task CreateAsync()
    {
        foreach (var name in (string[])["mon", "osd", "run", "log", "rgw"])
            Directory.CreateDirectory(_folder.File(name));
        _monitorPort = FreePort.NextRange(2);
        Port = _monitorPort + 1;
        await File.WriteAllTextAsync(_folder.File("ceph.conf"), Configuration());
        if (Environment.IsPrivilegedProcess)
            await CommandAsync("chown", ["-R", "ceph:ceph", _folder.Path], asIs: true);
        var keyring = _folder.File("keyring");
        await CommandAsync("ceph-authtool", ["--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"]);
        await CommandAsync("ceph-authtool", [keyring, "--gen-key", "-n", "client.admin", "--cap", "mon", "allow *", "--cap", "osd", "allow *"]);
        await CommandAsync("ceph-authtool", [keyring, "--gen-key", "-n", "osd.0", "--cap", "mon", "allow profile osd", "--cap", "osd", "allow *"]);
        await CommandAsync("ceph-authtool", [keyring, "--gen-key", "-n", "client.rgw", "--cap", "mon", "allow rw", "--cap", "osd", "allow rwx"]);
        var address = string.Create(CultureInfo.InvariantCulture, $"[v2:127.0.0.1:{_monitorPort}/0]");
        await CommandAsync("monmaptool", ["--create", "--fsid", await FsIdAsync(), "--addv", "a", address, _folder.File("monmap")]);
        await CommandAsync("ceph-mon", [.. Conf, "--mkfs", "-i", "a", "--monmap", _folder.File("monmap"), "--keyring", keyring]);
        Start("ceph-mon", [.. Conf, "-f", "-i", "a"]);
        await CommandAsync("ceph", [.. Conf, "--connect-timeout", "20", "osd", "new", _osd]);
        await CommandAsync("ceph-osd", [.. Conf, "-i", "0", "--mkfs", "--osd-uuid", _osd]);
        await CommandAsync("ceph", [.. Conf, "osd", "crush", "add", "osd.0", "1.0", "root=default", "host=h"]);
        await RunAsync();
        await CommandAsync(
            "radosgw-admin", [.. Conf, "user", "create", "--uid", "t", "--display-name", "t", "--access-key", AccessKey, "--secret-key", SecretKey]);
    }

    private string[] Conf => ["--conf", _folder.File("ceph.conf")];

    private async Task<string> FsIdAsync() =>
        (await File.ReadAllLinesAsync(_folder.File("ceph.conf"))).Single(static line => line.StartsWith("fsid = ", StringComparison.Ordinal))["fsid = ".Length..];

    // The monitor runs already when the store is made
    private async Task RunAsync()
    {
        if (_running.Count == 0)
            Start("ceph-mon", [.. Conf, "-f", "-i", "a"]);
        Start("ceph-osd", [.. Conf, "-f", "-i", "0"]);
        await UntilAsync("the OSD", async () =>
            (await CommandAsync("ceph", [.. Conf, "--connect-timeout", "10", "osd", "stat"])).Contains("1 up", StringComparison.Ordinal));
        Start("radosgw", [.. Conf, "-f", "-n", "client.rgw"]);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(2) };
        await UntilAsync("radosgw", async () => (await http.GetAsync(Endpoint)).IsSuccessStatusCode);
        _keeper = new Keeper(_folder.Path, "KILL", ProcessIds);
    }

    private async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < Patience)
        {
            if (_running.Find(static process => process.HasExited) is { } ended)
                throw new InvalidOperationException($"{ended.StartInfo.ArgumentList[^1]} ended while {what} was waited for\n{Logs()}");
            try
            {
                if (await condition())
                    return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // not yet
            }

            await Task.Delay(50);
        }

        throw new InvalidOperationException($"{what} was not up within {Patience}\n{Logs()}");
    }

    private string Logs() => string.Concat(Directory.EnumerateFiles(_folder.File("log")).Select(static file =>
    {
        var text = File.ReadAllText(file);
        return $"--- {Path.GetFileName(file)}\n{text[Math.Max(0, text.Length - 2000)..]}\n";
    }));

    private static List<string> AsCeph(string program, IEnumerable<string> arguments)
    {
        List<string> line = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid", "ceph", "--regid", "ceph", "--clear-groups", "--"] : [];
        return [.. line, Find(program)!, .. arguments];
    }

    private void Start(string program, string[] arguments)
    {
        // A session of its own, so that Ctrl-C at the terminal reaches the tests alone
        const string script = """log=$1 dir=$2; shift 2; cd "$dir" && exec setsid "$@" </dev/null >>"$log" 2>&1""";
        List<string> all = ["-c", script, "sh", _folder.File($"log/{program}.out"), _folder.Path, .. AsCeph(program, arguments)];
        _running.Add(Process.Start(new ProcessStartInfo("/bin/sh", all) { UseShellExecute = false })!);
    }

    private async Task<string> CommandAsync(string program, string[] arguments, bool asIs = false)
    {
        List<string> line = asIs ? [program, .. arguments] : AsCeph(program, arguments);
        using var process = Process.Start(new ProcessStartInfo(line[0], line.Skip(1))
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder.Path,
        })!;
        using var limit = new CancellationTokenSource(Patience);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {output}{await errors}\n{Logs()}");
        }
        catch (OperationCanceledException e)
        {
            process.Kill();
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} did not end within {Patience}\n{Logs()}", e);
        }
    }

    private void EndKeeper()
    {
        _keeper?.Dispose();
        _keeper = null;
    }

    private string Configuration()
    {
        var root = _folder.Path;
        var store = _store == RadosStore.Memory ? "memstore" : "bluestore";
        return string.Create(CultureInfo.InvariantCulture, $"""
            [global]
            fsid = {Guid.NewGuid()}
            mon host = [v2:127.0.0.1:{_monitorPort}/0]
            public addr = 127.0.0.1
            cluster addr = 127.0.0.1
            ms bind msgr1 = false
            keyring = {root}/keyring
            run dir = {root}/run
            crash dir = {root}/run
            admin socket = {root}/run/$name.$pid.asok
            log file = {root}/log/$name.log
            osd pool default size = 1
            osd pool default min size = 1
            osd pool default pg num = 1
            osd pool default pgp num = 1
            osd pool default pg autoscale mode = off
            osd crush chooseleaf type = 0
            osd heartbeat grace = 3
            [mon]
            mon data = {root}/mon
            mon allow pool size one = true
            mon max pg per osd = 2000
            mon data avail warn = 2
            mon data avail crit = 1
            paxos propose interval = 0.05
            paxos min wait = 0.01
            [osd]
            osd data = {root}/osd
            osd objectstore = {store}
            memstore device bytes = 4294967296
            bluestore block size = 8589934592
            bluestore block create = true
            osd memory target = 939524096
            osd crush update on start = false
            osd class update on start = false
            [client]
            rgw data = {root}/rgw
            rgw frontends = beast endpoint=127.0.0.1:{Port}
            rgw thread pool size = 64
            rgw dns name = {HostName}
            rgw crypt require ssl = false

            """);
    }
}
