using System.CommandLine;
using Sora.Contracts;

namespace Sora.Admin.Mailboxes;

/// <summary><c>mailbox restore</c>: makes a deleted mailbox again.</summary>
internal sealed class MailboxRestoreCommand : AdminCommand
{
    private readonly OwnerOptions _owner = new();
    private readonly Option<string?> _name = Optional("--name", "NAME", "The name that it had; of several the one that was deleted last");
    private readonly Option<long?> _id = new("--id") { Description = "Its number, as mailbox list-deleted has it", HelpName = "ID" };
    private readonly Option<string?> _to = Optional("--to", "MAILBOX", "Another name, or a mailbox that is there and gets the messages");
    private readonly Option<bool> _ignoreQuota = Flag("--ignore-quota", "Also when the account's quota is exceeded by it");

    public MailboxRestoreCommand(CommandHost host)
        : base("restore", "Makes a deleted mailbox again, with its messages, its special use where it is free, and the rights of others", host)
    {
        _owner.AddTo(this);
        Add(_name);
        Add(_id);
        Add(_to);
        Add(_ignoreQuota);
        Validators.Add(result =>
        {
            if (result.GetValue(_name) is null && result.GetValue(_id) is null)
                result.AddError("Either --name or --id is required");
        });
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        MailboxName? name = run.Get(_name) is { } text ? MailboxArguments.Name(text) : null;
        MailboxName? to = run.Get(_to) is { } other ? MailboxArguments.Name(other) : null;
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        var found = await _owner.FindAsync(run, session, mayCreate: false, cancellationToken);
        if (!found.IsOk)
            return run.Failed(found.Error);
        var restored = await session.Retention.RestoreMailboxAsync(
            found.Value.Account.Id, run.Get(_id) is { } id ? new MailboxId(id) : null, name, to, run.Get(_ignoreQuota), cancellationToken);
        if (!restored.IsOk)
            return run.Failed(restored.Error);
        var entry = restored.Value.Entry;
        return run.Done(
            new
            {
                Mailbox = entry.Id.Value,
                Name = entry.Name.Value,
                SpecialUse = MailboxArguments.Text(entry.SpecialUse),
                UidValidity = entry.UidValidity.Value,
                restored.Value.Messages,
            },
            $"Restored {entry.Name} of {found.Value.Owner} with {restored.Value.Messages} messages");
    }
}
