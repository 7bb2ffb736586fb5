using System.CommandLine;

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
        var (summary, credentials, mailboxes, messages, bytes) = found.Value;
        if (run.WantsJson)
        {
            run.WriteJson(new
            {
                Account = summary.Id.Value,
                summary.PrimaryAddress,
                Addresses = credentials.Select(static credential => credential.Address),
                Mailboxes = mailboxes,
                Messages = messages,
                Bytes = bytes,
                summary.CreatedAt,
                summary.DeletedAt,
            });
            return ExitCode.Ok;
        }

        (string Name, object? Value)[] lines =
        [
            ("account", summary.Id.Value), ("primary address", summary.PrimaryAddress),
            .. credentials.Skip(1).Select(static credential => ("address", (object?)credential.Address)),
            ("mailboxes", mailboxes), ("messages", messages), ("bytes", bytes), ("created", summary.CreatedAt),
        ];
        foreach (var (name, value) in summary.DeletedAt is null ? lines : [.. lines, ("deleted", summary.DeletedAt)])
            await run.Terminal.Output.WriteLineAsync($"{name + ":",-17}{CommandRun.Shown(value)}");
        return ExitCode.Ok;
    }
}
