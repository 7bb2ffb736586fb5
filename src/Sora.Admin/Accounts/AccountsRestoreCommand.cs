using System.CommandLine;

namespace Sora.Admin.Accounts;

/// <summary><c>accounts restore</c>: a deleted account as it was.</summary>
internal sealed class AccountsRestoreCommand : AdminCommand
{
    private readonly Option<string> _email = Required("--email", "ADDRESS", "Any address of the account");

    public AccountsRestoreCommand(CommandHost host)
        : base("restore", "Brings a deleted account back with its addresses, passwords and mail", host)
    {
        Add(_email);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        var restored = await session.Accounts.RestoreAsync(run.Required(_email), cancellationToken);
        return restored.IsOk
            ? run.Done(
                new { Account = restored.Value.Account.Value, restored.Value.PrimaryAddress, restored.Value.Addresses },
                $"Restored {restored.Value.PrimaryAddress}")
            : run.Failed(restored.Error);
    }
}
