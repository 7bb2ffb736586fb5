using System.CommandLine;
using Sora.Contracts;
using Sora.Mailstore.Accounts;

namespace Sora.Admin.Credentials;

/// <summary><c>credentials update</c>: what a credential is for, and its password.</summary>
internal sealed class CredentialsUpdateCommand : AdminCommand
{
    private readonly Option<long?> _id = new("--id") { Description = "The number of the credential, as credentials list shows it", HelpName = "N" };
    private readonly Option<string?> _address = Optional("--address", "ADDRESS", "In place of --id: this address itself");
    private readonly Option<bool> _generate = Flag("--generate", "Make a new password and print it, once; for further passwords");
    private readonly Option<bool> _endSessions = Flag("--end-sessions", "End all sessions of the account, on all nodes");
    private readonly PasswordArguments _password = new();
    private readonly CredentialArguments _settings = new();

    public CredentialsUpdateCommand(CommandHost host)
        : base("update", "Changes what a credential is for, or its password; sessions that it no longer lets in end at once", host)
    {
        Add(_id);
        Add(_address);
        _settings.AddTo(this);
        _password.AddTo(this);
        Add(_generate);
        Add(_endSessions);
        Validators.Add(result =>
        {
            if (result.GetResult(_id) is null == (result.GetResult(_address) is null))
                result.AddError("Name the credential with --id, or an address itself with --address");
            if (_password.Count(result) + (result.GetValue(_generate) ? 1 : 0) > 1)
                result.AddError("Give the password in one way");
            if (_password.Count(result) == 0 && !result.GetValue(_generate) && !result.GetValue(_endSessions) && !_settings.IsAnyGiven(result))
                result.AddError("Nothing to change: give --description, --scopes, --expires, a password or --end-sessions");
        });
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var options = run.LoadOptions();
        var password = await _password.ReadAsync(run, options.Passwords, cancellationToken);
        await using var session = await AdminSession.ChangeAsync(run, options, cancellationToken);
        var id = run.Get(_id);
        if (run.Get(_address) is { } address)
        {
            var listed = await session.Credentials.ListAsync(address, cancellationToken);
            if (!listed.IsOk)
                return run.Failed(listed.Error);
            id = listed.Value.Single(credential => credential.Kind != CredentialKind.Password
                && credential.Address.Equals(address.Trim(), StringComparison.OrdinalIgnoreCase)).Id.Value;
        }

        var (description, scopes, expires) = _settings.Read(run);
        var changed = await session.Credentials.UpdateAsync(
            new CredentialId(id!.Value),
            new CredentialUpdate(description, scopes, expires, password?.New, run.Get(_endSessions)),
            run.Get(_generate),
            cancellationToken);
        if (!changed.IsOk)
            return run.Failed(changed.Error);
        var shown = changed.Value.Generated ?? password?.Random;
        return run.Done(
            new { Account = changed.Value.Account.Value, changed.Value.PrimaryAddress, Id = id, changed.Value.Address, Password = shown },
            $"Changed credential {id} of {changed.Value.Address}" + (shown is null ? "" : $"\npassword: {shown}"));
    }
}
