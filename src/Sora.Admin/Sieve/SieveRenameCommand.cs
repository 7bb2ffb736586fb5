using System.CommandLine;

namespace Sora.Admin.Sieve;

/// <summary><c>sieve rename</c>: an active script stays active.</summary>
internal sealed class SieveRenameCommand : SieveAccountCommand
{
    private readonly Option<string> _name = NameOption();
    private readonly Option<string> _to = Required("--to", "NAME", "The new name");

    public SieveRenameCommand(CommandHost host)
        : base("rename", "Renames a script", host)
    {
        Add(_name);
        Add(_to);
    }

    protected override bool Changes => true;

    protected override async Task<int> RunAsync(CommandRun run, AdminSession session, AccountMailboxes account, CancellationToken cancellationToken)
    {
        var (name, to) = (ParseName(run.Required(_name)), ParseName(run.Required(_to)));
        return Changed(run, await session.Scripts.RenameAsync(account.Account.Id, name, to, cancellationToken), name, account, $"Renamed to {to}:");
    }
}
