using System.CommandLine;
using Sora.Contracts;

namespace Sora.Admin.Search;

/// <summary><c>search status</c>: how far the search index is.</summary>
internal sealed class SearchStatusCommand : AdminCommand
{
    private readonly Option<string?> _email = Optional("--email", "ADDRESS", "Any address of an account; without it, all accounts together");

    public SearchStatusCommand(CommandHost host)
        : base("status", "Shows what is indexed, what waits and how much room the index takes", host)
    {
        Add(_email);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        AccountId? account = null;
        if (run.Get(_email) is { } email)
        {
            var found = await session.MailboxesAsync(email, cancellationToken);
            if (!found.IsOk)
                return run.Failed(found.Error);
            account = found.Value.Account.Id;
        }

        var status = await session.Search.StatusAsync(account, cancellationToken);
        var lagSeconds = (long)status.Lag.TotalSeconds;
        if (run.WantsJson)
        {
            run.WriteJson(new
            {
                status.Messages,
                status.Indexed,
                status.Waiting,
                LagSeconds = lagSeconds,
                status.LeftOut,
                status.Segments,
                SegmentsToRenew = status.OldSegments,
                status.IndexBytes,
                status.TextBytes,
                status.Format,
                status.OldestFormat,
            });
            return ExitCode.Ok;
        }

        run.WriteTable(
            ["", "search index"],
            [
                ["messages", status.Messages], ["indexed", status.Indexed], ["waiting", status.Waiting], ["lag in seconds", lagSeconds],
                ["left out", status.LeftOut], ["segments", status.Segments], ["segments to renew", status.OldSegments],
                ["bytes of index", status.IndexBytes], ["bytes of kept text", status.TextBytes], ["format", status.Format], ["oldest format", status.OldestFormat],
            ]);
        return ExitCode.Ok;
    }
}
