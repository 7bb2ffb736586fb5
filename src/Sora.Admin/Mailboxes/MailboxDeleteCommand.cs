using System.CommandLine;

namespace Sora.Admin.Mailboxes;

/// <summary><c>mailbox delete</c>: a mailbox with its messages; sessions that have it open hear of it.</summary>
internal sealed class MailboxDeleteCommand : AdminCommand
{
    private readonly OwnerOptions _owner = new();
    private readonly Option<string> _name = Required("--name", "NAME", "The mailbox's name in UTF-8");

    public MailboxDeleteCommand(CommandHost host)
        : base("delete", "Deletes a mailbox with its messages; one with mailboxes below it is refused", host)
    {
        _owner.AddTo(this);
        Add(_name);
        AddConfirm();
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var name = MailboxArguments.Name(run.Required(_name));
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        var found = await _owner.FindAsync(run, session, mayCreate: false, cancellationToken);
        if (!found.IsOk)
            return run.Failed(found.Error);
        var deleted = await found.Value.Account.DeleteAsync(name, cancellationToken);
        return deleted.IsOk
            ? run.Done(new { Name = name.Value, PrimaryAddress = found.Value.Owner }, $"Deleted {name} of {found.Value.Owner}")
            : run.Failed($"{deleted.Error.Text}: {name}");
    }
}
