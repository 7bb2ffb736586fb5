using System.CommandLine;

namespace Sora.Admin.Mailboxes;

/// <summary><c>mailbox list</c>: the mailboxes of an account with their counters.</summary>
internal sealed class MailboxListCommand : AdminCommand
{
    private readonly OwnerOptions _owner = new();

    public MailboxListCommand(CommandHost host)
        : base("list", "Lists the mailboxes of an account", host)
    {
        _owner.AddTo(this);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var found = await _owner.FindAsync(run, session, mayCreate: false, cancellationToken);
        if (!found.IsOk)
            return run.Failed(found.Error);
        var list = await found.Value.Account.ListAsync(cancellationToken);
        var status = await found.Value.Account.StatusAsync([.. list.Mailboxes.Select(static mailbox => mailbox.Id)], withRecent: false, cancellationToken);
        var rows = list.Mailboxes.Select((mailbox, i) => new
        {
            Name = mailbox.Name.Value,
            Messages = status[i]?.Totals.Messages ?? 0,
            Unseen = status[i]?.Totals.Unseen ?? 0,
            Size = status[i]?.Totals.Size ?? 0,
            SpecialUse = MailboxArguments.Text(mailbox.SpecialUse),
            Subscribed = list.IsSubscribed(mailbox.Name),
            UidValidity = mailbox.UidValidity.Value,
            UidNext = status[i]?.UidNext.Value ?? 1,
        });
        if (run.WantsJson)
            run.WriteJson(rows);
        else
            run.WriteTable(
                ["name", "messages", "unseen", "size", "special use", "subscribed"],
                rows.Select(static row => new object?[] { row.Name, row.Messages, row.Unseen, row.Size, row.SpecialUse, row.Subscribed }));
        return ExitCode.Ok;
    }
}
