namespace Sora.Admin.Mailboxes;

/// <summary><c>mailbox list-deleted</c>: deleted mailboxes that can be brought back.</summary>
internal sealed class MailboxListDeletedCommand : AdminCommand
{
    private readonly OwnerOptions _owner = new();

    public MailboxListDeletedCommand(CommandHost host)
        : base("list-deleted", "Lists deleted mailboxes that can be brought back, the newest first", host)
    {
        _owner.AddTo(this);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var found = await _owner.FindAsync(run, session, mayCreate: false, cancellationToken);
        if (!found.IsOk)
            return run.Failed(found.Error);
        var listed = await session.Retention.ListMailboxesAsync(found.Value.Account.Id, cancellationToken);
        if (run.WantsJson)
            run.WriteJson(listed.Select(static mailbox => new
            {
                Id = mailbox.Id.Value, Name = mailbox.Name.Value, SpecialUse = MailboxArguments.Text(mailbox.SpecialUse), mailbox.DeletedAt, mailbox.Messages, mailbox.Size,
            }));
        else
            run.WriteTable(
                ["id", "name", "deleted", "messages", "size", "special use"],
                listed.Select(static mailbox => new object?[]
                {
                    mailbox.Id.Value, mailbox.Name.Value, mailbox.DeletedAt, mailbox.Messages, mailbox.Size, MailboxArguments.Text(mailbox.SpecialUse),
                }));
        return ExitCode.Ok;
    }
}
