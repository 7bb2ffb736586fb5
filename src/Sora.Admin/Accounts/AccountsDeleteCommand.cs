using System.CommandLine;

namespace Sora.Admin.Accounts;

/// <summary><c>accounts delete</c>: no login and no delivery from now on; everything is kept until it is restored or purged.</summary>
internal sealed class AccountsDeleteCommand : AdminCommand
{
    private readonly Option<string> _email = Required("--email", "ADDRESS", "The account's primary address");

    public AccountsDeleteCommand(CommandHost host)
        : base("delete", "Deletes an account; 'accounts restore' brings it back, and until then its addresses stay taken", host)
    {
        Add(_email);
        AddConfirm();
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        var deleted = await session.Accounts.DeleteAsync(run.Required(_email), cancellationToken);
        return deleted.IsOk
            ? run.Done(
                new { Account = deleted.Value.Account.Value, deleted.Value.PrimaryAddress, deleted.Value.Addresses },
                $"Deleted {deleted.Value.PrimaryAddress}")
            : run.Failed(deleted.Error);
    }
}
