using System.CommandLine;

namespace Sora.Admin.Uploads;

/// <summary><c>uploader show</c>: one body that waits for the object store.</summary>
internal sealed class UploaderShowCommand : AdminCommand
{
    private readonly Option<long> _id = new("--id") { Description = "The body's number", HelpName = "ID", Required = true };

    public UploaderShowCommand(CommandHost host)
        : base("show", "Shows a body that waits for the object store: where it is, who needs it, and what went wrong", host)
    {
        Add(_id);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        if (await session.Uploads.FindAsync(run.Required(_id), cancellationToken) is not { } entry)
            return run.Failed(UploaderText.Missing(run.Required(_id)));
        if (run.WantsJson)
            run.WriteJson(UploaderText.Json(entry));
        else
            run.WriteTable(
                ["", ""],
                [
                    ["id", entry.Id], ["hash", entry.Hash], ["accounts", string.Join(' ', entry.Accounts)], ["messages", entry.Messages], ["size", entry.Size],
                    ["place", entry.Place], ["node", entry.Node], ["path", entry.Path], ["staged", entry.StagedAt], ["attempts", entry.Attempts],
                    ["next attempt", UploaderText.Next(entry)], ["set aside", entry.FailedAt], ["last error", entry.LastError],
                ]);
        return ExitCode.Ok;
    }
}
