using System.CommandLine;
using Sora.Mailstore.Accounts;

namespace Sora.Admin.Credentials;

/// <summary><c>credentials add</c>: one more address of an account, or one more password of an address.</summary>
internal sealed class CredentialsAddCommand : AdminCommand
{
    private readonly Option<string> _email = Required("--email", "ADDRESS", "An address of the account; without --address it gets a further password");
    private readonly Option<string?> _address = Optional(
        "--address", "NEW", "A new address, which shares the password of --email unless one is given; or one of the account, which gets a further password");

    private readonly Option<bool> _primary = Flag("--make-primary", "The new address becomes the primary one");
    private readonly Option<bool> _generate = Flag("--generate", "Make a further password for one program and print it, once (recommended)");
    private readonly PasswordArguments _password = new();
    private readonly CredentialArguments _settings = new();

    public CredentialsAddCommand(CommandHost host)
        : base("add", "Adds an address or a further password to an account", host)
    {
        Add(_email);
        Add(_address);
        Add(_generate);
        _password.AddTo(this);
        _settings.AddTo(this);
        Add(_primary);
        Validators.Add(result =>
        {
            if (_password.Count(result) + (result.GetValue(_generate) ? 1 : 0) is var count && count > 1)
                result.AddError("Give the password in one way");
            else if (count == 0 && result.GetResult(_address) is null)
                result.AddError("Give a new --address, or a further password, best with --generate");
        });
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var options = run.LoadOptions();
        var password = await _password.ReadAsync(run, options.Passwords, cancellationToken);
        await using var session = await AdminSession.ChangeAsync(run, options, cancellationToken);
        var email = run.Required(_email);
        var address = run.Get(_address) ?? email;
        var settings = _settings.Settings(run);
        if (run.Get(_address) is not null && !await IsOfAccountAsync(session, email, address, cancellationToken))
            return await AddAddressAsync(run, session, email, address, password, settings, cancellationToken);
        if (run.Get(_primary))
            return run.Failed("A further password cannot be the primary address: use accounts update --make-primary");
        if (password is null && !run.Get(_generate))
            return run.Failed($"{address} is an address of this account already; give it a further password with --generate");
        var added = await session.Credentials.AddPasswordAsync(address, password?.New, settings, cancellationToken);
        if (!added.IsOk)
            return run.Failed(added.Error);
        var change = added.Value;
        var shown = change.Generated ?? password?.Random;
        return run.Done(
            new { Account = change.Account.Value, change.PrimaryAddress, Id = change.Id.Value, change.Address, Password = shown },
            $"Added password {change.Id} to {change.Address}" + (shown is null ? "" : $"\npassword: {shown}"));
    }

    private async Task<int> AddAddressAsync(
        CommandRun run, AdminSession session, string email, string address, GivenPassword? password, CredentialSettings settings, CancellationToken cancellationToken)
    {
        if (run.Get(_generate))
            return run.Failed($"{address} is no address of this account yet: add it first, or give it a password with --random-password");
        var added = await session.Credentials.AddAsync(email, address, password?.Hash, settings, run.Get(_primary), cancellationToken);
        if (!added.IsOk)
            return run.Failed(added.Error);
        var change = added.Value;
        return run.Done(
            new { Account = change.Account.Value, change.PrimaryAddress, Address = change.Addresses[0], Password = password?.Random },
            $"Added {change.Addresses[0]} to {change.PrimaryAddress}" + (password?.Random is { } random ? $"\npassword: {random}" : ""));
    }

    private static async Task<bool> IsOfAccountAsync(AdminSession session, string email, string address, CancellationToken cancellationToken)
    {
        var listed = await session.Credentials.ListAsync(email, cancellationToken);
        return listed.IsOk && listed.Value.Any(credential => credential.Address.Equals(address.Trim(), StringComparison.OrdinalIgnoreCase));
    }
}
