using System.CommandLine;
using Sora.Mailstore.Bodies.Uploads;

namespace Sora.Admin.Uploads;

/// <summary><c>uploader status</c>: what waits for the object store, and what is set aside.</summary>
internal sealed class UploaderStatusCommand : AdminCommand
{
    private readonly Option<bool> _all = Flag("--all", "List all bodies that wait, not only those that are set aside");
    private readonly Option<int> _limit = new("--limit") { Description = "So many bodies at most", HelpName = "N", DefaultValueFactory = static _ => 100 };
    private readonly Option<long> _after = new("--after") { Description = "Only bodies after this number: the last one of the page before", HelpName = "ID" };

    public UploaderStatusCommand(CommandHost host)
        : base("status", "Shows which bodies wait for the object store, where, and which are set aside because they cannot be moved", host)
    {
        Add(_all);
        Add(_limit);
        Add(_after);
        Validators.Add(result => OptionLimits.Check(result, _limit, 1, 100_000));
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var backlog = await session.Uploads.StatusAsync(cancellationToken);
        var limit = run.Get(_limit);
        var entries = await session.Uploads.ListAsync(run.Get(_all), run.Get(_after), limit + 1, cancellationToken);
        var hasMore = entries.Count > limit;
        if (hasMore)
            entries.RemoveAt(limit);
        if (run.WantsJson)
        {
            run.WriteJson(new { Backlog = backlog, Bodies = entries.ConvertAll(UploaderText.Json) });
        }
        else
        {
            run.WriteTable(
                ["place", "node", "bodies", "bytes", "oldest", "retried", "set aside"],
                backlog.Select(static one => new object?[] { one.Place, one.Node, one.Bodies, one.Bytes, one.Oldest, one.Retried, one.Failed }));
            if (entries.Count > 0)
            {
                run.WriteTable(
                    ["id", "accounts", "size", "place", "staged", "attempts", "next attempt", "last error"],
                    entries.Select(static entry => new object?[]
                    {
                        entry.Id, string.Join(' ', entry.Accounts), entry.Size, entry.Place, entry.StagedAt, entry.Attempts, UploaderText.Next(entry), entry.LastError,
                    }));
            }
        }

        if (hasMore)
            run.Say($"there are more: --after {CommandRun.Shown(entries[^1].Id)}");
        return ExitCode.Ok;
    }
}
