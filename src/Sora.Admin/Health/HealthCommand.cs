using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Sora.Mailstore.Storage;

namespace Sora.Admin.Health;

/// <summary><c>health</c>: whether the database answers and has the right schema, or what a running server says of itself.</summary>
internal sealed class HealthCommand : AdminCommand
{
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(10);
    private const int LongestBody = 64 * 1024;

    private readonly Option<string?> _url = Optional(
        "--url", "URL", "Ask the running server at its admin address, such as http://127.0.0.1:10030, instead of the database");

    public HealthCommand(CommandHost host)
        : base("health", "Checks the database and its schema; ends with exit code 1 when something is wrong", host)
    {
        Add(_url);
    }

    protected override Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken) =>
        run.Get(_url) is { } url ? AskServerAsync(run, url, cancellationToken) : AskDatabaseAsync(run, cancellationToken);

    private static async Task<int> AskDatabaseAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var options = run.LoadOptions();
        try
        {
            await using var database = await AdminDatabase.ConnectAsync(run, options, mayCreate: false, cancellationToken);

            // The first connection may have waited for a server that was starting
            var started = Stopwatch.GetTimestamp();
            await database.Database.WaitUntilReadyAsync(options.Database.ConnectTimeout, cancellationToken);
            var latency = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            await database.Migrator().RequireCurrentAsync(cancellationToken);
            return run.Done(
                new { Healthy = true, LatencyMs = Math.Round(latency, 3), Migrations = "current", PrivateServerWasStarted = database.WasStarted },
                string.Create(CultureInfo.InvariantCulture, $"healthy: the database answers in {latency:0.0} ms and its schema is up to date")
                    + (database.WasStarted ? "; Sora does not run, its private PostgreSQL was started for this check" : ""));
        }
        catch (DatabaseException e)
        {
            return Unhealthy(run, e.Message);
        }
    }

    private static async Task<int> AskServerAsync(CommandRun run, string url, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new AdminException($"--url is no http or https address: {url}", ExitCode.Usage);
        if (address.AbsolutePath == "/")
            address = new Uri(address, "/health");
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false };
        using var client = new HttpClient(handler) { Timeout = LongestAnswer, MaxResponseContentBufferSize = LongestBody };
        try
        {
            var started = Stopwatch.GetTimestamp();
            using var answer = await client.GetAsync(address, cancellationToken);
            var body = (await answer.Content.ReadAsStringAsync(cancellationToken)).Trim();
            var latency = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            if (!answer.IsSuccessStatusCode)
                return Unhealthy(run, string.Create(CultureInfo.InvariantCulture, $"{address} answers {(int)answer.StatusCode} {body}"));
            return run.Done(
                new { Healthy = true, LatencyMs = Math.Round(latency, 3), Status = (int)answer.StatusCode, Answer = body },
                string.Create(CultureInfo.InvariantCulture, $"healthy: {address} answers in {latency:0.0} ms: {body}"));
        }
        catch (HttpRequestException e)
        {
            return Unhealthy(run, $"{address} cannot be asked: {e.Message}");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unhealthy(run, $"{address} does not answer");
        }
    }

    private static int Unhealthy(CommandRun run, string reason)
    {
        if (run.WantsJson)
            run.WriteJson(new { Healthy = false, Error = reason });
        return run.Failed(reason);
    }
}
