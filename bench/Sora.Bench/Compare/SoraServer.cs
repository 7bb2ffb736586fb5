using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Sora.Bench.Processes;
using Sora.Testing;

namespace Sora.Bench.Compare;

/// <summary>Sora as `./dev run --release` starts it, with its private PostgreSQL.</summary>
internal sealed class SoraServer : PeerServer
{
    private const string Password = "bench-password";
    private const int Ports = 7;
    private const int AdminPort = 6;

    /// <summary>The first start builds.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(4);

    private static readonly HttpClient Http = new();

    private readonly string _repository;
    private readonly int _port = FreePort.NextRange(Ports);
    private bool _hasAccounts;
    private bool _isIndexing = true;
    private string? _script;

    /// <param name="plan">How many users.</param>
    /// <param name="repository">The folder with the script `dev`.</param>
    /// <param name="keep">Leaves the folder for inspection.</param>
    public SoraServer(Plan plan, string repository, bool keep)
        : base("sora", plan, keep) => _repository = repository;

    public override string Description => "Sora of this working copy, Release, its own PostgreSQL, settings of ./dev run";

    public override bool IndexesBehind => true;

    private string LogPath => Path.Combine(Folder, "sora.log");

    private string Data => Path.Combine(Folder, "data");

    public override async Task<long> CountIndexedAsync(CancellationToken cancellationToken)
    {
        const string Indexed = "sora_search_indexed_total ";
        var metrics = await Http.GetStringAsync($"http://{At(AdminPort)}/metrics", cancellationToken);
        var line = metrics.Split('\n').FirstOrDefault(static line => line.StartsWith(Indexed, StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.AsSpan(Indexed.Length), CultureInfo.InvariantCulture); // counters appear with the first count
    }

    public override async Task RestartAsync(bool indexing, CancellationToken cancellationToken)
    {
        _isIndexing = indexing;
        await RestartAsync(cancellationToken);
    }

    public override string Script => Path.Combine(_repository, "bench", "compare", "rules.sieve");

    public override async Task RestartAsync(string? script, CancellationToken cancellationToken)
    {
        _script = script;
        await RestartAsync(cancellationToken);
    }

    protected override async Task<(Process Process, int Pid)> LaunchAsync(CancellationToken cancellationToken)
    {
        var readyFile = Path.Combine(Folder, "ready.json");
        File.Delete(readyFile);
        var start = new ProcessStartInfo("/bin/sh")
        {
            WorkingDirectory = _repository,
            ArgumentList =
            {
                "-c", "exec \"$@\" >>\"$0\" 2>&1", LogPath,
                Path.Combine(_repository, "dev"), "run", "--release", "--data", Data,
                "--port-base", _port.ToString(CultureInfo.InvariantCulture), "--ready-file", readyFile,
                "--", "--set", _isIndexing ? "search.enabled=true" : "search.enabled=false",
            },
        };
        if (_script is not null)
        {
            start.ArgumentList.Add("--set");
            start.ArgumentList.Add($"sieve.default={_script}");
        }

        var process = ChildProcess.Start(start);
        try
        {
            var pid = await ReadyAsync(readyFile, process, cancellationToken);
            Target = new Target
            {
                Name = Name,
                Lmtp = At(0),
                Imap = At(1),
                Imaps = At(2),
                Pop3 = At(3),
                Password = Password,
                Users = Plan.Users,
                Pids = [pid, .. DatabasePids()],
            };
            if (!_hasAccounts)
            {
                await CreateAccountsAsync(cancellationToken);
                _hasAccounts = true;
            }

            return (process, pid);
        }
        catch
        {
            await GiveUpAsync(process);
            throw;
        }
    }

    private string At(int offset) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port + offset}");

    private async Task<int> ReadyAsync(string readyFile, Process process, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < StartPatience && !process.HasExited)
        {
            if (File.Exists(readyFile))
            {
                try
                {
                    using var ready = JsonDocument.Parse(await File.ReadAllTextAsync(readyFile, cancellationToken));
                    return ready.RootElement.GetProperty("pid").GetInt32();
                }
                catch (JsonException)
                {
                    // Seen half written
                }
            }

            await Task.Delay(100, cancellationToken);
        }

        throw new BenchException("Sora did not become ready: " + Tail(LogPath));
    }

    /// <summary>A PostgreSQL that detached itself from Sora still is Sora's memory.</summary>
    private IEnumerable<int> DatabasePids()
    {
        foreach (var path in Directory.EnumerateFiles(Data, "postmaster.pid", SearchOption.AllDirectories))
        {
            if (int.TryParse(File.ReadLines(path).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                yield return pid;
            }
        }
    }

    /// <summary>One more than the plan's users: the last one has the large mailbox.</summary>
    private async Task CreateAccountsAsync(CancellationToken cancellationToken)
    {
        var list = new StringBuilder();
        for (var user = 1; user <= Plan.Users + 1; user++)
        {
            list.Append(Target.UserName(user)).Append('\t').Append(Password).Append('\n');
        }

        var file = Path.Combine(Folder, "accounts.tsv");
        await File.WriteAllTextAsync(file, list.ToString(), cancellationToken);
        var program = Path.Combine(_repository, "src", "Sora.Admin", "bin", "Release", "net10.0", "sora-admin.dll");
        if (!File.Exists(program))
        {
            var project = Path.Combine(_repository, "src", "Sora.Admin");
            await RunDotNetAsync(["build", "-c", "Release", "-p:Orleans=false", "--nologo", "-v", "q", project], cancellationToken);
        }

        await RunDotNetAsync([program, "accounts", "create", "--from-file", file, "--hash-cost", "4", "--data", Data], cancellationToken);
    }

    private static Task<string> RunDotNetAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet");
        Array.ForEach(arguments, start.ArgumentList.Add);
        return ChildProcess.RunAsync(start, TimeSpan.FromMinutes(4), cancellationToken);
    }

    private static string Tail(string path)
    {
        var text = File.Exists(path) ? File.ReadAllText(path) : "";
        return text.Length > 2000 ? text[^2000..] : text;
    }
}
