namespace Sora.Admin.Keys;

/// <summary><c>keys status</c>: which keys are needed, and how far a rotation is.</summary>
internal sealed class KeysStatusCommand(CommandHost host) : AdminCommand("status", "Shows how many bodies are encrypted with which key, and how far a rotation is", host)
{
    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var options = run.LoadOptions().Storage.Encryption;
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var uses = await session.Keys.UsesAsync(cancellationToken);
        var (isAsked, target) = await session.Keys.RotationAsync(cancellationToken);
        var rows = uses.Select(use => new
        {
            Key = use.KeyId,
            Configured = use.KeyId is null || options.Keys.Any(key => key.Id == use.KeyId),
            Active = use.KeyId == options.ActiveKey,
            use.Bodies,
            use.Packs,
            use.Damaged,
        }).ToList();
        var left = isAsked ? uses.Where(use => use.KeyId != target).Sum(static use => use.Bodies - use.Damaged + use.Packs) : 0;
        if (run.WantsJson)
        {
            run.WriteJson(new { Rotating = isAsked, RotatingTo = target, Left = left, Keys = rows });
            return ExitCode.Ok;
        }

        run.WriteTable(
            ["key", "in the configuration", "active", "bodies", "packs", "damaged"],
            rows.Select(static row => new object?[] { row.Key ?? "(none)", row.Key is null ? "" : row.Configured ? "yes" : "MISSING", row.Active, row.Bodies, row.Packs, row.Damaged }));
        if (isAsked)
            run.Terminal.Output.WriteLine($"Being encrypted with {target ?? "no key"}: {CommandRun.Shown(left)} left");
        return ExitCode.Ok;
    }
}
