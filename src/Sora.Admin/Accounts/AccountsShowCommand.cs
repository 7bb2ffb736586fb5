using System.CommandLine;
using Sora.Mailstore.Accounts;

namespace Sora.Admin.Accounts;

/// <summary><c>accounts show</c>: one account, what it holds and its addresses.</summary>
internal sealed class AccountsShowCommand : AdminCommand
{
    private readonly Option<string> _email = Required("--email", "ADDRESS", "Any address of the account");

    public AccountsShowCommand(CommandHost host)
        : base("show", "Shows an account, also a deleted one", host)
    {
        Add(_email);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var found = await session.Accounts.FindAsync(run.Required(_email), cancellationToken);
        if (!found.IsOk)
            return run.Failed(found.Error);
        var (summary, _, mailboxes, messages, bytes) = found.Value;
        var addresses = found.Value.Credentials.Where(static credential => credential.Kind != CredentialKind.Password).Select(static credential => credential.Address).ToList();
        if (run.WantsJson)
        {
            run.WriteJson(new
            {
                Account = summary.Id.Value,
                summary.PrimaryAddress,
                Addresses = addresses,
                Mailboxes = mailboxes,
                Messages = messages,
                Bytes = bytes,
                summary.CreatedAt,
                summary.DisabledAt,
                summary.DeletedAt,
            });
            return ExitCode.Ok;
        }

        (string Name, object? Value)[] lines =
        [
            ("account", summary.Id.Value), ("primary address", summary.PrimaryAddress),
            .. addresses.Skip(1).Select(static address => ("address", (object?)address)),
            ("mailboxes", mailboxes), ("messages", messages), ("bytes", bytes), ("created", summary.CreatedAt),
        ];
        (string Name, object? Value)[] ends = [("disabled", summary.DisabledAt), ("deleted", summary.DeletedAt)];
        foreach (var (name, value) in lines.Concat(ends.Where(static line => line.Value is not null)))
            await run.Terminal.Output.WriteLineAsync($"{name + ":",-17}{CommandRun.Shown(value)}");
        return ExitCode.Ok;
    }
}
