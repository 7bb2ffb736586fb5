namespace Sora.Mailstore.Maintenance;

/// <summary>Something that one node does for all, again and again.</summary>
/// <param name="Name">In logs and metrics.</param>
/// <param name="Interval">From the end of one run to the beginning of the next.</param>
/// <param name="RunAsync">One run. May be broken off at any point, and may run on two nodes at once for a moment.</param>
internal sealed record MaintenanceJob(string Name, TimeSpan Interval, Func<CancellationToken, Task> RunAsync);
