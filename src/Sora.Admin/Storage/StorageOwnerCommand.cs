namespace Sora.Admin.Storage;

/// <summary><c>storage owner</c>: whose bodies the configured object store keeps.</summary>
internal sealed class StorageOwnerCommand(CommandHost host) : AdminCommand("owner", "Shows whether the object store keeps this database's bodies, or another's", host)
{
    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var (found, ours) = await session.ObjectOwner(run).ShowAsync(cancellationToken);
        var (state, text) = found switch
        {
            [] => ("nobody", "Nobody's: the first server that is started with it makes it its database's"),
            [var only] when only == ours => ("this database", $"It belongs to this database ({ours})"),
            _ => ("another database", $"It belongs to another database: {string.Join(", ", found)}; this one is {ours}"),
        };
        if (run.WantsJson)
            run.WriteJson(new { Owner = state, Objects = found, Expected = ours });
        else
            run.Terminal.Output.WriteLine(text);
        return state == "another database" ? ExitCode.Found : ExitCode.Ok;
    }
}
