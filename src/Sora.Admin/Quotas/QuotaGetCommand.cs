using System.CommandLine;
using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Admin.Quotas;

/// <summary><c>quota get</c>: limits, and for an account what it uses.</summary>
internal sealed class QuotaGetCommand : AdminCommand
{
    private readonly QuotaTargetOptions _target = new();

    public QuotaGetCommand(CommandHost host)
        : base("get", "Shows the quota of an account, of a domain or of its shared mailboxes", host)
    {
        _target.AddTo(this);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var found = await _target.FindAsync(run, session, mayCreate: false, cancellationToken);
        if (!found.IsOk)
            return run.Failed(found.Error);
        var own = await found.Value.ReadAsync(session.Quotas, cancellationToken);
        AccountQuota? quota = null;
        if (found.Value.Account is { } account)
        {
            var read = await session.Quotas.ReadAsync(account, cancellationToken);
            if (!read.IsOk)
                return run.Failed(read.Error);
            quota = read.Value;
        }

        (string Resource, long? Own, long? Limit, long? Used)[] rows =
        [
            ("storage", own.Storage, quota?.Limits.Storage, quota?.Usage.Storage),
            ("messages", own.Messages, quota?.Limits.Messages, quota?.Usage.Messages),
            ("mailboxes", own.Mailboxes, quota?.Limits.Mailboxes, quota?.Usage.Mailboxes),
        ];
        if (run.WantsJson)
        {
            run.WriteJson(new
            {
                found.Value.Name,
                Resources = rows.Select(static row => new { row.Resource, Own = QuotaText.Of(row.Own), row.Limit, row.Used }),
            });
        }
        else
        {
            run.WriteTable(
                ["resource", "own limit", "limit in effect", "used"],
                rows.Select(row => new object?[] { row.Resource, QuotaText.Of(row.Own), quota is null ? "" : row.Limit ?? (object)QuotaText.None, row.Used }));
        }

        return ExitCode.Ok;
    }
}
