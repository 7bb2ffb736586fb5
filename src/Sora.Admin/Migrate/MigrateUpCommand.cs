using Sora.Mailstore.Audit;

namespace Sora.Admin.Migrate;

/// <summary><c>migrate up</c>: brings the schema up to date; makes the private database of a new data folder.</summary>
internal sealed class MigrateUpCommand(CommandHost host) : AdminCommand("up", "Brings the database's schema up to date", host)
{
    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var database = await AdminDatabase.ConnectAsync(run, run.LoadOptions(), mayCreate: true, cancellationToken);
        var applied = await database.Migrator().UpAsync(cancellationToken);

        // Before it there may be no audit log
        if (applied.Count > 0)
        {
            var act = run.Act;
            var audit = new AuditAdministration(database.Database);
            var entry = await audit.BeginAsync(Environment.MachineName, act.Actor, act.Action, $"to {applied[^1].Version:0000}", cancellationToken);
            await audit.EndAsync(entry, isDone: true, null, cancellationToken);
        }

        return run.Done(
            new { Applied = applied.Select(static migration => new { migration.Version, migration.Name }) },
            applied.Count == 0
                ? "The schema is up to date"
                : string.Join('\n', applied.Select(static migration => $"Applied {migration.Version:0000}_{migration.Name}")));
    }
}
