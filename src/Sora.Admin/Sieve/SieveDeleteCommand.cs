using System.CommandLine;

namespace Sora.Admin.Sieve;

/// <summary><c>sieve delete</c>: deletes a script that is not active.</summary>
internal sealed class SieveDeleteCommand : SieveAccountCommand
{
    private readonly Option<string> _name = NameOption();

    public SieveDeleteCommand(CommandHost host)
        : base("delete", "Deletes a script; the active one is refused", host)
    {
        Add(_name);
        AddConfirm();
    }

    protected override bool Changes => true;

    protected override async Task<int> RunAsync(CommandRun run, AdminSession session, AccountMailboxes account, CancellationToken cancellationToken)
    {
        var name = ParseName(run.Required(_name));
        return Changed(run, await session.Scripts.DeleteAsync(account.Account.Id, name, cancellationToken), name, account, "Deleted");
    }
}
