using System.CommandLine;
using Sora.Admin.Mailboxes;

namespace Sora.Admin.Messages;

/// <summary><c>messages restore</c>: brings expunged messages back; sessions that have the mailbox open see them at once.</summary>
internal sealed class MessagesRestoreCommand : AdminCommand
{
    private readonly OwnerOptions _owner = new();
    private readonly DeletedSelection _selection = new();
    private readonly Option<string?> _to = Optional("--to", "MAILBOX", "Bring all of them into this mailbox, instead of each where it was");
    private readonly Option<bool> _ignoreQuota = Flag("--ignore-quota", "Also when the account's quota is exceeded by it");

    public MessagesRestoreCommand(CommandHost host)
        : base("restore", "Brings expunged messages back, under new UIDs; what was brought back before is left out", host)
    {
        _owner.AddTo(this);
        _selection.AddTo(this, mustSelect: true);
        Add(_to);
        Add(_ignoreQuota);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var filter = _selection.Filter(run);
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        var found = await _owner.FindAsync(run, session, mayCreate: false, cancellationToken);
        if (!found.IsOk)
            return run.Failed(found.Error);
        var restored = await session.Retention.RestoreMessagesAsync(
            found.Value.Account.Id, filter, run.Get(_to) is { } to ? MailboxArguments.Name(to) : null, run.Get(_ignoreQuota), cancellationToken);
        if (!restored.IsOk)
            return run.Failed(restored.Error);
        var count = restored.Value.Sum(static part => part.Uids.Count);
        return run.Done(
            new
            {
                Messages = count,
                Mailboxes = restored.Value.Select(static part => new { Name = part.Name.Value, SourceUids = part.SourceUids.ToString(), Uids = part.Uids.ToString() }),
            },
            count == 0 ? "Nothing to restore" : $"Restored {count} messages of {found.Value.Owner}");
    }
}
