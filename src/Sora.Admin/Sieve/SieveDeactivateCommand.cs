namespace Sora.Admin.Sieve;

/// <summary><c>sieve deactivate</c>: no script of the account filters any more.</summary>
internal sealed class SieveDeactivateCommand(CommandHost host) : SieveAccountCommand("deactivate", "Leaves an account without an active script", host)
{
    protected override bool Changes => true;

    protected override async Task<int> RunAsync(CommandRun run, AdminSession session, AccountMailboxes account, CancellationToken cancellationToken)
    {
        var done = await session.Scripts.ActivateAsync(account.Account.Id, null, cancellationToken);
        return done.IsOk ? run.Done(new { PrimaryAddress = account.Owner }, $"No script of {account.Owner} is active") : run.Failed(done.Error);
    }
}
