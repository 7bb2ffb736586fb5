using System.CommandLine;
using System.Diagnostics;
using Sora.Bench.Results;
using Sora.Bench.Scenarios;
using Sora.Bench.Wire;

namespace Sora.Bench.Compare;

/// <summary>`compare`: the same load on Sora and on Dovecot, one server after the other, and a report of ratios.</summary>
internal static class CompareCommand
{
    /// <summary>Servers inherit our limit; Dovecot asks for as many as its template's largest client_limit.</summary>
    private const ulong OpenFilesOfServers = 16384;

    private static readonly string[] Known = ["sora", "sdbox", "maildir"];

    public static Command Create()
    {
        var quick = new Option<bool>("--quick") { Description = "Less of everything: under 3 minutes instead of under 20" };
        var servers = new Option<string>("--servers") { Description = "Which of sora, sdbox, maildir", DefaultValueFactory = _ => string.Join(',', Known) };
        var output = new Option<string>("--output") { Description = "Folder for the report; by default bench/results" };
        var label = new Option<string>("--label") { Description = "Last part of the report's name; by default quick or full" };
        var connections = new Option<int>("--connections") { Description = "Nothing but connections over TLS: so many that wait in IDLE, and 20,000 that open and close in a minute" };
        var seed = new Option<int>("--seed") { Description = "Seed of all chance", DefaultValueFactory = _ => 1 };
        var keep = new Option<bool>("--keep") { Description = "Leave the servers' folders for inspection" };
        var command = new Command("compare", "Sora and Dovecot under the same load, started privately on loopback")
        {
            quick, servers, output, label, connections, seed, keep,
        };
        command.SetAction(async (options, token) =>
        {
            await using var closing = token.Register(Watchdog.Shared.CloseAll);
            try
            {
                var repository = FindRepository();
                var plan = (options.GetValue(quick) ? Plan.Quick : Plan.Full) with { Seed = options.GetValue(seed) };
                if (options.GetValue(connections) is > 0 and var many)
                    plan = plan with { Name = "connections", OnlyConnections = true, Connections = many };
                var report = await CompareAsync(Names(options.GetValue(servers)!), plan, repository, options.GetValue(keep), token);
                var path = report.Write(
                    options.GetValue(output) ?? Path.Combine(repository, "bench", "results"), options.GetValue(label) ?? plan.Name);
                Console.WriteLine("report: " + path);
                return 0;
            }
            catch (OperationCanceledException)
            {
                await Console.Error.WriteLineAsync("compare: stopped; every server that was started is stopped too");
                return 130;
            }
            catch (BenchException exception)
            {
                await Console.Error.WriteLineAsync("compare: " + exception.Message);
                return 1;
            }
        });
        return command;
    }

    private static async Task<Report> CompareAsync(
        IReadOnlyList<string> names, Plan plan, string repository, bool keep, CancellationToken cancellationToken)
    {
        Processes.OpenFiles.Raise(OpenFilesOfServers);
        var machine = Machine.Examine();
        var descriptions = new Dictionary<string, string>(StringComparer.Ordinal);
        var results = new List<ScenarioResult>();
        foreach (var name in names)
        {
            var started = Stopwatch.GetTimestamp();
            await using PeerServer server = name == "sora" ? new SoraServer(plan, repository, keep) : new DovecotServer(name, plan, keep);
            await server.StartAsync(cancellationToken);
            descriptions.Add(name, server.Description);
            try
            {
                results.AddRange(await new Course(server, plan, cancellationToken).RunAsync());
            }
            catch (Exception exception) when (cancellationToken.IsCancellationRequested && Sessions.IsServerFailure(exception))
            {
                throw new OperationCanceledException(cancellationToken);
            }

            Console.WriteLine($"{name}: done in {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s");
        }

        return new Report(DateTimeOffset.UtcNow, plan, machine, descriptions, results);
    }

    private static string[] Names(string list)
    {
        var names = list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal).ToArray();
        return Array.Find(names, name => !Known.Contains(name)) is { } unknown
            ? throw new BenchException($"--servers: '{unknown}' is none of {string.Join(", ", Known)}")
            : names;
    }

    /// <summary>The folder with the solution, upwards from here or from the program.</summary>
    private static string FindRepository()
    {
        foreach (var start in new[] { Directory.GetCurrentDirectory(), AppContext.BaseDirectory })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Sora.Orleans.sln")))
                {
                    return folder.FullName;
                }
            }
        }

        throw new BenchException("run compare inside the repository");
    }
}
