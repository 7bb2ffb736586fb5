using System.CommandLine;

namespace Sora.Admin.Credentials;

/// <summary><c>credentials add</c>: one more address of an account.</summary>
internal sealed class CredentialsAddCommand : AdminCommand
{
    private readonly Option<string> _email = Required("--email", "ADDRESS", "An address of the account");
    private readonly Option<string> _address = Required("--address", "NEW", "The new address; without a password it shares that of --email");
    private readonly Option<bool> _primary = Flag("--make-primary", "The new address becomes the primary one");
    private readonly PasswordArguments _password = new();

    public CredentialsAddCommand(CommandHost host)
        : base("add", "Adds an address to an account", host)
    {
        Add(_email);
        Add(_address);
        _password.AddTo(this);
        Add(_primary);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var options = run.LoadOptions();
        var password = await _password.ReadAsync(run, options.Passwords, cancellationToken);
        await using var session = await AdminSession.ChangeAsync(run, options, cancellationToken);
        var added = await session.Credentials.AddAsync(
            run.Required(_email), run.Required(_address), password?.Hash, run.Get(_primary), cancellationToken);
        if (!added.IsOk)
            return run.Failed(added.Error);
        var change = added.Value;
        return run.Done(
            new { Account = change.Account.Value, change.PrimaryAddress, Address = change.Addresses[0], Password = password?.Random },
            $"Added {change.Addresses[0]} to {change.PrimaryAddress}" + (password?.Random is { } random ? $"\npassword: {random}" : ""));
    }
}
