using System.CommandLine;
using Sora.Contracts;

namespace Sora.Admin.Sieve;

/// <summary>What the commands about an account's scripts have in common: they name the account.</summary>
internal abstract class SieveAccountCommand : AdminCommand
{
    private readonly Option<string> _email = Required("--email", "ADDRESS", "Any address of the account");

    protected SieveAccountCommand(string name, string description, CommandHost host)
        : base(name, description, host)
    {
        Add(_email);
    }

    /// <summary>The command changes something, which running servers are to hear of.</summary>
    protected virtual bool Changes => false;

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = Changes
            ? await AdminSession.ChangeAsync(run, cancellationToken)
            : await AdminSession.ReadAsync(run, cancellationToken);
        var found = await session.MailboxesAsync(run.Required(_email), cancellationToken);
        return found.IsOk ? await RunAsync(run, session, found.Value, cancellationToken) : run.Failed(found.Error);
    }

    protected abstract Task<int> RunAsync(CommandRun run, AdminSession session, AccountMailboxes account, CancellationToken cancellationToken);

    protected static Option<string> NameOption() => Required("--name", "NAME", "The script's name in UTF-8");

    /// <exception cref="AdminException">It is no name of a script.</exception>
    protected static SieveScriptName ParseName(string text)
    {
        var name = SieveScriptName.Parse(text);
        return name.IsOk ? name.Value : throw new AdminException(name.Error.Text);
    }

    /// <summary>The end of a command that changed a script.</summary>
    protected static int Changed(CommandRun run, MailResult<Done> result, SieveScriptName name, AccountMailboxes account, string what) => result.IsOk
        ? run.Done(new { Name = name.Value, PrimaryAddress = account.Owner }, $"{what} {name} of {account.Owner}")
        : run.Failed($"{result.Error.Text}: {name}");
}
