using System.CommandLine;

namespace Sora.Admin.Sieve;

/// <summary><c>sieve log</c>: what went wrong when scripts ran.</summary>
internal sealed class SieveLogCommand : SieveAccountCommand
{
    private readonly Option<int> _limit = new("--limit") { Description = "Most entries (50)", HelpName = "N", DefaultValueFactory = static _ => 50 };

    public SieveLogCommand(CommandHost host)
        : base("log", "Shows an account's script log, newest entries first", host)
    {
        Add(_limit);
        Validators.Add(result => OptionLimits.Check(result, _limit, 1, 10_000));
    }

    protected override async Task<int> RunAsync(CommandRun run, AdminSession session, AccountMailboxes account, CancellationToken cancellationToken)
    {
        var entries = await session.ScriptLog.ListAsync(account.Account.Id, run.Get(_limit), cancellationToken);
        if (!entries.IsOk)
            return run.Failed(entries.Error);
        if (run.WantsJson)
            run.WriteJson(entries.Value);
        else
            run.WriteTable(
                ["time", "script", "line", "message-id", "what"],
                entries.Value.Select(static entry => new object?[] { entry.At, entry.Script, entry.Line == 0 ? null : entry.Line, entry.MessageId, entry.Text }));
        return ExitCode.Ok;
    }
}
