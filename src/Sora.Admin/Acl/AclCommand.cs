using System.CommandLine;
using Sora.Admin.Mailboxes;
using Sora.Contracts;

namespace Sora.Admin.Acl;

/// <summary>What the commands about access control lists have in common: they name a mailbox.</summary>
internal abstract class AclCommand : AdminCommand
{
    private readonly OwnerOptions _owner = new();
    private readonly Option<string> _name = Required("--name", "NAME", "The mailbox's name in UTF-8");

    protected AclCommand(string name, string description, CommandHost host)
        : base(name, description, host)
    {
        _owner.AddTo(this);
        Add(_name);
    }

    /// <summary>The command changes something, which is written into the audit log.</summary>
    protected virtual bool Changes => true;

    protected sealed override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var name = MailboxArguments.Name(run.Required(_name));
        await using var session = Changes ? await AdminSession.ChangeAsync(run, cancellationToken) : await AdminSession.ReadAsync(run, cancellationToken);
        var found = await _owner.FindAsync(run, session, mayCreate: false, cancellationToken);
        if (!found.IsOk)
            return run.Failed(found.Error);
        var list = await found.Value.Account.ListAsync(cancellationToken);
        return list.Find(name) is { } mailbox
            ? await RunAsync(run, session.Sharing, mailbox, cancellationToken)
            : run.Failed($"{MailError.NoSuchMailbox().Text}: {name}");
    }

    protected abstract Task<int> RunAsync(CommandRun run, ISharing sharing, MailboxEntry mailbox, CancellationToken cancellationToken);

    /// <summary>Changes an entry and shows the list as it is then.</summary>
    protected static async Task<int> ChangeAsync(CommandRun run, ISharing sharing, AccessChange change, CancellationToken cancellationToken)
    {
        var changed = await sharing.ChangeAsync(change, cancellationToken);
        return changed.IsOk ? await ShowAsync(run, sharing, change.Mailbox, cancellationToken) : run.Failed($"{changed.Error.Text}: {change.Identifier}");
    }

    protected static async Task<int> ShowAsync(CommandRun run, ISharing sharing, MailboxId mailbox, CancellationToken cancellationToken)
    {
        var list = await sharing.ListAsync(mailbox, cancellationToken);
        if (!list.IsOk)
            return run.Failed(list.Error);
        var rows = list.Value.Entries.Select(static entry => new { entry.Identifier, Negative = entry.IsNegative, Rights = RightsText.Format(entry.Rights) });
        if (run.WantsJson)
            run.WriteJson(new { list.Value.Owner, Entries = rows });
        else
            run.WriteTable(["identifier", "rights", "taken away"], rows.Select(static row => new object?[] { row.Identifier, row.Rights, row.Negative }));
        return ExitCode.Ok;
    }
}
