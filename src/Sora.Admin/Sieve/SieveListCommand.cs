namespace Sora.Admin.Sieve;

/// <summary><c>sieve list</c>: the scripts of an account.</summary>
internal sealed class SieveListCommand(CommandHost host) : SieveAccountCommand("list", "Lists the scripts of an account", host)
{
    protected override async Task<int> RunAsync(CommandRun run, AdminSession session, AccountMailboxes account, CancellationToken cancellationToken)
    {
        var list = await session.Scripts.ListAsync(account.Account.Id, cancellationToken);
        if (!list.IsOk)
            return run.Failed(list.Error);
        var rows = list.Value.Scripts.Select(static script => new
        {
            Name = script.Name.Value,
            Active = script.IsActive,
            script.Size,
            script.CreatedAt,
            script.ChangedAt,
            Hash = script.Hash.ToString(),
        });
        if (run.WantsJson)
            run.WriteJson(rows);
        else
            run.WriteTable(["name", "active", "size", "changed"], rows.Select(static row => new object?[] { row.Name, row.Active, row.Size, row.ChangedAt }));
        return ExitCode.Ok;
    }
}
