using System.CommandLine;

namespace Sora.Admin.Uploads;

/// <summary><c>uploader retry</c>: tries at once what failed, also what is set aside.</summary>
internal sealed class UploaderRetryCommand : AdminCommand
{
    private readonly Option<long?> _id = new("--id") { Description = "The body of this number", HelpName = "ID" };
    private readonly Option<bool> _all = Flag("--all", "All bodies that failed");

    public UploaderRetryCommand(CommandHost host)
        : base("retry", "Tries bodies at once that could not be moved to the object store, also those that are set aside", host)
    {
        Add(_id);
        Add(_all);
        Validators.Add(result =>
        {
            if (result.GetValue(_id) is not null == result.GetValue(_all))
                result.AddError("Say which bodies: --id, or --all for all that failed");
        });
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        if (run.Get(_id) is { } id && await session.Uploads.FindAsync(id, cancellationToken) is null)
            return run.Failed(UploaderText.Missing(id));
        var bodies = await session.Uploads.RetryAsync(run.Get(_id), cancellationToken);
        return run.Done(new { Bodies = bodies }, $"{CommandRun.Shown(bodies)} bodies are due now");
    }
}
