using System.Diagnostics;
using System.Text.Json;
using Sora.Silo.Configuration;

namespace Sora.Silo.Http;

/// <summary>The findings of all checks, made together and within a deadline.</summary>
internal sealed class HealthReport
{
    private readonly IReadOnlyList<(string Name, HealthFinding Finding, TimeSpan Duration)> _findings;

    private HealthReport(IReadOnlyList<(string Name, HealthFinding Finding, TimeSpan Duration)> findings) => _findings = findings;

    /// <summary>The worst of the findings.</summary>
    public HealthStatus Status => _findings.Count == 0 ? HealthStatus.Ok : _findings.Max(finding => finding.Finding.Status);

    public static async Task<HealthReport> MakeAsync(
        IReadOnlyList<HealthCheck> checks, HealthOptions options, CancellationToken cancellationToken)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        all.CancelAfter(options.Timeout);
        return new HealthReport(await Task.WhenAll(checks.Select(check => RunAsync(check, options.CheckTimeout, all.Token))));
    }

    public byte[] ToJson(string state)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("status", Word(Status));
            json.WriteString("state", state);
            json.WriteString("version", ProgramVersion.Text);
            json.WriteStartObject("checks");
            foreach (var (name, finding, duration) in _findings)
            {
                json.WriteStartObject(name);
                json.WriteString("status", Word(finding.Status));
                json.WriteNumber("duration_seconds", Math.Round(duration.TotalSeconds, 6));
                if (finding.Detail is { } detail)
                    json.WriteString("detail", detail);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static string Word(HealthStatus status) => status switch
    {
        HealthStatus.Ok => "ok",
        HealthStatus.Degraded => "degraded",
        _ => "failing",
    };

    private static async Task<(string Name, HealthFinding Finding, TimeSpan Duration)> RunAsync(
        HealthCheck check, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        HealthFinding finding;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            // A check may hang in a call that knows no token, such as one on a dead network file system
            finding = await Task.Run(() => check.RunAsync(deadline.Token), CancellationToken.None).WaitAsync(deadline.Token);
        }
        catch (Exception) when (deadline.IsCancellationRequested)
        {
            finding = new HealthFinding(HealthStatus.Failing, "no answer in time");
        }
        catch (Exception e)
        {
            finding = new HealthFinding(HealthStatus.Failing, e.GetType().Name);
        }

        return (check.Name, finding, Stopwatch.GetElapsedTime(started));
    }
}
