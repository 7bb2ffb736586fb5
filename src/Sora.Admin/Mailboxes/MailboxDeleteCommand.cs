using System.CommandLine;

namespace Sora.Admin.Mailboxes;

/// <summary><c>mailbox delete</c>: a mailbox with its messages; sessions that have it open hear of it.</summary>
internal sealed class MailboxDeleteCommand : AdminCommand
{
    private readonly Option<string> _email = Required("--email", "ADDRESS", "Any address of the account");
    private readonly Option<string> _name = Required("--name", "NAME", "The mailbox's name in UTF-8");

    public MailboxDeleteCommand(CommandHost host)
        : base("delete", "Deletes a mailbox with its messages; one with mailboxes below it is refused", host)
    {
        Add(_email);
        Add(_name);
        AddConfirm();
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var name = MailboxArguments.Name(run.Required(_name));
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        var found = await session.MailboxesAsync(run.Required(_email), cancellationToken);
        if (!found.IsOk)
            return run.Failed(found.Error);
        var deleted = await found.Value.Account.DeleteAsync(name, cancellationToken);
        return deleted.IsOk
            ? run.Done(new { Name = name.Value, found.Value.PrimaryAddress }, $"Deleted {name} of {found.Value.PrimaryAddress}")
            : run.Failed($"{deleted.Error.Text}: {name}");
    }
}
