using System.CommandLine;
using Sora.Mailstore.Accounts;

namespace Sora.Admin.Accounts;

/// <summary><c>accounts create</c>: one account, or many out of a file.</summary>
internal sealed class AccountsCreateCommand : AdminCommand
{
    private readonly Option<string?> _email = Optional("--email", "ADDRESS", "The account's primary address");
    private readonly Option<string[]> _credentials = new("--credentials")
    {
        Description = "More addresses that log in with the same password, separated by commas; may be repeated",
        HelpName = "ADDRESS,...",
    };

    private readonly Option<string?> _fromFile = Optional(
        "--from-file", "FILE", "Create one account per line: address, a tab, password; - reads standard input");

    private readonly Option<bool> _hashes = Flag("--hashes", "The file has password hashes instead of passwords");
    private readonly Option<bool> _passwd = Flag("--passwd-file", "The file is a passwd-file as Dovecot has it: user:hash:..., one per line");
    private readonly Option<string?> _domain = Optional("--domain", "DOMAIN", "The domain of users of a passwd-file that have none");
    private readonly Option<string?> _scheme = Optional("--default-scheme", "SCHEME", "The scheme of passwords of a passwd-file that name none, such as CRYPT");
    private readonly PasswordArguments _password = new();

    public AccountsCreateCommand(CommandHost host)
        : base("create", "Creates an account with its default mailboxes, or many accounts from a file", host)
    {
        Add(_email);
        _password.AddTo(this);
        Add(_credentials);
        Add(_fromFile);
        Add(_hashes);
        Add(_passwd);
        Add(_domain);
        Add(_scheme);
        Validators.Add(result =>
        {
            var passwords = _password.Count(result);
            var isPasswd = result.GetResult(_passwd) is not null;
            if (!isPasswd && (result.GetResult(_domain) is not null || result.GetResult(_scheme) is not null))
                result.AddError("--domain and --default-scheme go with --passwd-file");
            if (result.GetResult(_fromFile) is not null)
            {
                if (result.GetResult(_email) is not null || result.GetResult(_credentials) is not null || passwords > 0)
                    result.AddError("--from-file goes without --email, --credentials and a password");
                return;
            }

            if (result.GetResult(_email) is null)
                result.AddError("--email or --from-file is required");
            if (passwords == 0)
                result.AddError("A password is required: --password-stdin, --password, --password-hash or --random-password");
            if (result.GetResult(_hashes) is not null || isPasswd)
                result.AddError("--hashes and --passwd-file go with --from-file");
        });
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var options = run.LoadOptions();
        if (run.Get(_fromFile) is { } file)
        {
            _password.ApplyCost(run, options.Passwords);
            return await new AccountsFile(run, options, file, run.Get(_hashes) || run.Get(_passwd), run.Get(_passwd) ? new PasswdLine(run.Get(_domain), run.Get(_scheme)) : null).CreateAsync(cancellationToken);
        }

        var password = (await _password.ReadAsync(run, options.Passwords, cancellationToken))!;
        string[] more = [.. (run.Get(_credentials) ?? [])
            .SelectMany(static list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        await using var session = await AdminSession.ChangeAsync(run, options, cancellationToken);
        var created = await session.Accounts.CreateAsync(
            new NewAccount(run.Get(_email)!, password.Hash) { MoreAddresses = more }, cancellationToken);
        if (!created.IsOk)
            return run.Failed(created.Error);
        var credentials = (await session.Credentials.ListAsync(run.Get(_email)!, cancellationToken)).Value;
        return run.Done(
            new
            {
                Account = created.Value.Value,
                PrimaryAddress = credentials[0].Address,
                Addresses = credentials.Select(static credential => credential.Address),
                Password = password.Random,
            },
            $"Created {credentials[0].Address}" + (password.Random is { } random ? $"\npassword: {random}" : ""));
    }
}
