using Sora.Mailstore.Storage;

namespace Sora.Admin.Migrate;

/// <summary><c>migrate status</c>: every step of the schema; exit code 1 when the database does not have this program's schema.</summary>
internal sealed class MigrateStatusCommand(CommandHost host)
    : AdminCommand("status", "Shows the steps of the schema; ends with exit code 1 when some are pending", host)
{
    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var database = await AdminDatabase.ConnectAsync(run, run.LoadOptions(), mayCreate: false, cancellationToken);
        var migrator = database.Migrator();
        var steps = await migrator.StatusAsync(cancellationToken);
        if (run.WantsJson)
        {
            run.WriteJson(new
            {
                Pending = steps.Count(static step => step.AppliedAt is null),
                Migrations = steps.Select(static step => new { step.Version, step.Name, step.AppliedAt }),
            });
        }
        else
        {
            run.WriteTable(
                ["version", "name", "applied"],
                steps.Select(static step => new object?[] { step.Version, step.Name, step.AppliedAt is { } at ? at : "pending" }));
        }

        try
        {
            await migrator.RequireCurrentAsync(cancellationToken);
            return ExitCode.Ok;
        }
        catch (MigrationException e)
        {
            return run.Failed(e.Message);
        }
    }
}
