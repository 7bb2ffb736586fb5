namespace Sora.Admin.Migrate;

/// <summary><c>migrate up</c>: brings the schema up to date; makes the private database of a new data folder.</summary>
internal sealed class MigrateUpCommand(CommandHost host) : AdminCommand("up", "Brings the database's schema up to date", host)
{
    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var database = await AdminDatabase.ConnectAsync(run, run.LoadOptions(), mayCreate: true, cancellationToken);
        var applied = await database.Migrator().UpAsync(cancellationToken);
        return run.Done(
            new { Applied = applied.Select(static migration => new { migration.Version, migration.Name }) },
            applied.Count == 0
                ? "The schema is up to date"
                : string.Join('\n', applied.Select(static migration => $"Applied {migration.Version:0000}_{migration.Name}")));
    }
}
