using System.CommandLine;
using Sora.Admin.Audit;
using Sora.Admin.Mailboxes;
using Sora.Mailstore.Retention;

namespace Sora.Admin.Messages;

/// <summary>Which expunged messages a command is about.</summary>
internal sealed class DeletedSelection
{
    private readonly Option<string?> _mailbox = new("--mailbox") { Description = "Only messages that were in this mailbox", HelpName = "NAME" };
    private readonly Option<string?> _since = new("--since") { Description = "Only what was expunged at or after this time, as in 2026-03-01, 2026-03-01T12:00Z, or 2h for two hours ago", HelpName = "TIME" };
    private readonly Option<string?> _until = new("--until") { Description = "Only what was expunged before this time", HelpName = "TIME" };
    private readonly Option<string[]> _ids = new("--ids") { Description = "Only these, as messages list-deleted names them", HelpName = "ID", AllowMultipleArgumentsPerToken = true };
    private readonly Option<bool> _all = new("--all") { Description = "All that can be brought back" };

    /// <param name="command">Gets the options.</param>
    /// <param name="mustSelect">Without any of them, nothing is meant.</param>
    public void AddTo(Command command, bool mustSelect)
    {
        command.Add(_mailbox);
        command.Add(_since);
        command.Add(_until);
        if (mustSelect)
        {
            command.Add(_ids);
            command.Add(_all);
        }

        command.Validators.Add(result =>
        {
            AuditListCommand.CheckTime(result, _since);
            AuditListCommand.CheckTime(result, _until);
            if (!mustSelect)
                return;
            foreach (var id in Split(result.GetValue(_ids)))
            {
                if (!DeletedMessageId.TryParse(id, out _))
                    result.AddError($"--ids has '{id}', which is not an id such as 17.42");
            }

            var isSelected = result.GetValue(_mailbox) is not null || result.GetValue(_since) is not null || result.GetValue(_until) is not null
                || Split(result.GetValue(_ids)).Length > 0;
            if (isSelected == result.GetValue(_all))
                result.AddError("Say which messages with --ids, --mailbox, --since or --until, or all of them with --all");
        });
    }

    public DeletedMessageFilter Filter(CommandRun run)
    {
        var now = DateTimeOffset.UtcNow;
        var ids = Split(run.Get(_ids));
        return new DeletedMessageFilter(
            ids.Length == 0 ? null : [.. ids.Select(static text => DeletedMessageId.TryParse(text, out var id) ? id : default)],
            run.Get(_mailbox) is { } name ? MailboxArguments.Name(name) : null,
            AuditListCommand.Time(run.Get(_since), now),
            AuditListCommand.Time(run.Get(_until), now));
    }

    private static string[] Split(string[]? ids) =>
        ids is null ? [] : [.. ids.SelectMany(static text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
}
