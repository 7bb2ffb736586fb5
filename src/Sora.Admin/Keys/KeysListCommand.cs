namespace Sora.Admin.Keys;

/// <summary><c>keys list</c>: the keys of the configuration, never their secrets.</summary>
internal sealed class KeysListCommand(CommandHost host) : AdminCommand("list", "Lists the keys that the configuration has, without their secrets", host)
{
    protected override Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var options = run.LoadOptions().Storage.Encryption;
        var keys = options.Keys.Select(key => new { key.Id, Active = key.Id == options.ActiveKey }).ToList();
        if (run.WantsJson)
            run.WriteJson(keys);
        else
            run.WriteTable(["key", "active"], keys.Select(static key => new object?[] { key.Id, key.Active }));
        return Task.FromResult(ExitCode.Ok);
    }
}
