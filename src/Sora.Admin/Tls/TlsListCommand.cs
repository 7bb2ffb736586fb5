namespace Sora.Admin.Tls;

/// <summary><c>tls list</c>: the certificates that all nodes share.</summary>
internal sealed class TlsListCommand(CommandHost host) : AdminCommand("list", "Lists the certificates in the database, the default one first", host)
{
    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var found = await session.Certificates.ListAsync(cancellationToken);
        var renewals = await session.Certificates.ListRenewalsAsync(cancellationToken);
        var rows = found.Select(one => new
        {
            one.Name,
            Hosts = (IReadOnlyList<string>)[.. one.Hosts],
            NotAfter = (DateTimeOffset?)one.NotAfter,
            Default = one.IsDefault,
            Acme = one.IsAcme,
            KeyIsReadable = one.HasKey,
            ChangedAt = (DateTimeOffset?)one.ChangedAt,
            renewals.FirstOrDefault(renewal => renewal.Name == one.Name)?.NextAttemptAt,
            renewals.FirstOrDefault(renewal => renewal.Name == one.Name)?.LastError,
        }).ToList();

        // Those that could not be had yet are to be seen as well
        rows.AddRange(renewals.Where(renewal => found.All(one => one.Name != renewal.Name)).Select(static renewal => new
        {
            renewal.Name,
            Hosts = (IReadOnlyList<string>)[],
            NotAfter = (DateTimeOffset?)null,
            Default = false,
            Acme = true,
            KeyIsReadable = false,
            ChangedAt = (DateTimeOffset?)null,
            renewal.NextAttemptAt,
            renewal.LastError,
        }));
        if (run.WantsJson)
            run.WriteJson(rows);
        else
            run.WriteTable(
                ["name", "hosts", "valid until", "default", "acme", "key", "changed", "next attempt", "last error"],
                rows.Select(static row => new object?[]
                {
                    row.Name, string.Join(' ', row.Hosts), row.NotAfter, row.Default, row.Acme, row.KeyIsReadable ? "readable" : row.NotAfter is null ? "" : "UNREADABLE", row.ChangedAt,
                    row.NextAttemptAt, row.LastError,
                }));
        return ExitCode.Ok;
    }
}
