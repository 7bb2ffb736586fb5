using System.CommandLine;

namespace Sora.Admin.Accounts;

/// <summary><c>accounts disable</c> and <c>accounts enable</c>: whether an account lets anybody in. It receives mail in any case.</summary>
internal sealed class AccountsDisableCommand : AdminCommand
{
    private readonly Option<string> _email = Required("--email", "ADDRESS", "Any address of the account");
    private readonly bool _disables;

    private AccountsDisableCommand(string name, string description, bool disables, CommandHost host)
        : base(name, description, host)
    {
        _disables = disables;
        Add(_email);
    }

    public static AccountsDisableCommand Disabling(CommandHost host) =>
        new("disable", "Lets nobody in and ends all sessions of an account, which still receives mail", disables: true, host);

    public static AccountsDisableCommand Enabling(CommandHost host) => new("enable", "Lets a disabled account in again", disables: false, host);

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        var changed = await session.Accounts.SetDisabledAsync(run.Required(_email), _disables, cancellationToken);
        return changed.IsOk
            ? run.Done(
                new { Account = changed.Value.Account.Value, changed.Value.PrimaryAddress, Disabled = _disables },
                $"{(_disables ? "Disabled" : "Enabled")} {changed.Value.PrimaryAddress}")
            : run.Failed(changed.Error);
    }
}
