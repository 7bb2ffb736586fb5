using System.CommandLine;
using Sora.Admin.Mailboxes;
using Sora.Contracts;

namespace Sora.Admin.Messages;

/// <summary><c>messages list-deleted</c>: what was expunged and can be brought back.</summary>
internal sealed class MessagesListDeletedCommand : AdminCommand
{
    private readonly OwnerOptions _owner = new();
    private readonly DeletedSelection _selection = new();
    private readonly Option<int> _limit = new("--limit") { Description = "So many at most", HelpName = "N", DefaultValueFactory = static _ => 1000 };

    public MessagesListDeletedCommand(CommandHost host)
        : base("list-deleted", "Lists expunged messages that can be brought back, the newest first", host)
    {
        _owner.AddTo(this);
        _selection.AddTo(this, mustSelect: false);
        Add(_limit);
        Validators.Add(result => OptionLimits.Check(result, _limit, 1, 1_000_000));
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var filter = _selection.Filter(run);
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var found = await _owner.FindAsync(run, session, mayCreate: false, cancellationToken);
        if (!found.IsOk)
            return run.Failed(found.Error);
        var limit = run.Get(_limit);
        var listed = await session.Retention.ListMessagesAsync(found.Value.Account.Id, filter, limit + 1, cancellationToken);
        if (!listed.IsOk)
            return run.Failed(listed.Error);
        var page = listed.Value.Take(limit).ToList();
        if (run.WantsJson)
            run.WriteJson(page.Select(static message => new
            {
                Id = message.Id.ToString(), Mailbox = message.MailboxName, message.Uid, message.ExpungedAt, message.InternalDate, message.Size,
                Flags = Flags(message.Flags), message.From, message.Subject, Restored = message.IsRestored,
            }));
        else
            run.WriteTable(
                ["id", "mailbox", "expunged", "received", "size", "flags", "from", "subject", "restored"],
                page.Select(static message => new object?[]
                {
                    message.Id.ToString(), message.MailboxName, message.ExpungedAt, message.InternalDate, message.Size, string.Join(' ', Flags(message.Flags)), message.From,
                    message.Subject, message.IsRestored,
                }));
        if (listed.Value.Count > limit)
            run.Say("there are more: use --since and --until, or a larger --limit");
        return ExitCode.Ok;
    }

    private static string[] Flags(FlagSet flags) =>
    [
        .. Enum.GetValues<SystemFlags>().Where(flag => flag != SystemFlags.None && flags.System.HasFlag(flag)).Select(static flag => $"\\{flag}"),
        .. flags.Keywords,
    ];
}
