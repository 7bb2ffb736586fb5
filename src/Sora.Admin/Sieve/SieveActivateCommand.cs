using System.CommandLine;

namespace Sora.Admin.Sieve;

/// <summary><c>sieve activate</c>: which script filters from the next message on.</summary>
internal sealed class SieveActivateCommand : SieveAccountCommand
{
    private readonly Option<string> _name = NameOption();

    public SieveActivateCommand(CommandHost host)
        : base("activate", "Makes a script the active one", host)
    {
        Add(_name);
    }

    protected override bool Changes => true;

    protected override async Task<int> RunAsync(CommandRun run, AdminSession session, AccountMailboxes account, CancellationToken cancellationToken)
    {
        var name = ParseName(run.Required(_name));
        var script = await session.Scripts.GetAsync(account.Account.Id, name, cancellationToken);
        if (!script.IsOk)
            return run.Failed($"{script.Error.Text}: {name}");

        // An extension may have been disabled since it was put
        var compilation = ScriptSource.Compile(run.LoadOptions(), script.Value.Content);
        if (!compilation.IsOk)
        {
            ScriptSource.Report(run, compilation);
            return ExitCode.Failed;
        }

        return Changed(run, await session.Scripts.ActivateAsync(account.Account.Id, name, cancellationToken), name, account, "Activated");
    }
}
