namespace Sora.Silo.Http;

/// <summary>How something is; a later one is worse.</summary>
internal enum HealthStatus
{
    Ok,

    /// <summary>It works, but an operator should look.</summary>
    Degraded,

    Failing,
}

/// <summary>What a check found.</summary>
/// <param name="Detail">A sentence without secrets, names of users or addresses; null when there is nothing to say.</param>
internal readonly record struct HealthFinding(HealthStatus Status, string? Detail = null)
{
    public static HealthFinding Ok { get; } = new(HealthStatus.Ok);
}

/// <summary>Something that can be asked how it is.</summary>
/// <param name="Name">snake_case: the key in the JSON of /health.</param>
/// <param name="RunAsync">Throwing means failing; the exception's text is not shown.</param>
internal sealed record HealthCheck(string Name, Func<CancellationToken, Task<HealthFinding>> RunAsync);
