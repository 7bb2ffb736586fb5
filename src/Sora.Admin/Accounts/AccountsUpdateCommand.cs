using System.CommandLine;

namespace Sora.Admin.Accounts;

/// <summary><c>accounts update</c>: another password, another primary address.</summary>
internal sealed class AccountsUpdateCommand : AdminCommand
{
    private readonly Option<string> _email = Required(
        "--email", "ADDRESS", "An address of the account; a new password holds for it and for those that share its password");

    private readonly Option<string?> _primary = Optional("--make-primary", "ADDRESS", "The address of the account that becomes its primary one");
    private readonly PasswordArguments _password = new();
    private readonly Option<bool> _endSessions = Flag("--end-sessions", "With a new password: end all sessions of the account, on all nodes");

    public AccountsUpdateCommand(CommandHost host)
        : base("update", "Changes the password or the primary address of an account", host)
    {
        Add(_email);
        _password.AddTo(this);
        Add(_primary);
        Add(_endSessions);
        Validators.Add(result =>
        {
            if (_password.Count(result) == 0 && result.GetResult(_primary) is null)
                result.AddError("Nothing to change: give a password or --make-primary");
            if (_password.Count(result) == 0 && result.GetValue(_endSessions))
                result.AddError("--end-sessions goes with a new password");
        });
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var options = run.LoadOptions();
        var email = run.Required(_email);
        var password = await _password.ReadAsync(run, options.Passwords, cancellationToken);
        await using var session = await AdminSession.ChangeAsync(run, options, cancellationToken);

        // What can be refused for more reasons comes first, so that a refusal leaves everything as it was
        var text = new List<string>();
        var primaryAddress = "";
        if (run.Get(_primary) is { } primary)
        {
            var changed = await session.Credentials.MakePrimaryAsync(email, primary, cancellationToken);
            if (!changed.IsOk)
                return run.Failed(changed.Error);
            primaryAddress = changed.Value.PrimaryAddress;
            text.Add($"The primary address is {primaryAddress}");
        }

        IReadOnlyList<string> passwordOf = [];
        if (password is not null)
        {
            var changed = await session.Credentials.SetPasswordAsync(email, password.New, run.Get(_endSessions), cancellationToken);
            if (!changed.IsOk)
                return run.Failed(changed.Error);
            (primaryAddress, passwordOf) = (changed.Value.PrimaryAddress, changed.Value.Addresses);
            text.Add($"Changed the password of {string.Join(", ", passwordOf)}{(run.Get(_endSessions) ? " and ended all sessions" : "")}");
            if (password.Random is { } random)
                text.Add($"password: {random}");
        }

        return run.Done(
            new { PrimaryAddress = primaryAddress, PasswordChanged = passwordOf, Password = password?.Random }, string.Join('\n', text));
    }
}
