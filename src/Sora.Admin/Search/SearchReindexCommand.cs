using System.CommandLine;
using Sora.Admin.Mailboxes;
using Sora.Contracts;

namespace Sora.Admin.Search;

/// <summary><c>search reindex</c>: has the index of an account or a mailbox made anew by the running servers.</summary>
internal sealed class SearchReindexCommand : AdminCommand
{
    private readonly OwnerOptions _owner = new();
    private readonly Option<string?> _name = Optional("--name", "NAME", "One mailbox's name in UTF-8; without it, all of the account");

    public SearchReindexCommand(CommandHost host)
        : base("reindex", "Has the search index of an account made anew in the background; searches stay right meanwhile", host)
    {
        _owner.AddTo(this);
        Add(_name);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        MailboxName? name = run.Get(_name) is { } text ? MailboxArguments.Name(text) : null;
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken); // running servers look for marks by themselves
        var found = await _owner.FindAsync(run, session, mayCreate: false, cancellationToken);
        if (!found.IsOk)
            return run.Failed(found.Error);
        MailboxId? mailbox = null;
        if (name is { } wanted)
        {
            var list = await found.Value.Account.ListAsync(cancellationToken);
            if (list.Find(wanted) is not { } entry)
                return run.Failed($"{MailError.NoSuchMailbox().Text}: {wanted}");
            mailbox = entry.Id;
        }

        var marked = await session.Search.ReindexAsync(found.Value.Account.Id, mailbox, cancellationToken);
        return run.Done(
            new { PrimaryAddress = found.Value.Owner, Name = name?.Value, marked.Segments, marked.Queued },
            $"To be made anew for {found.Value.Owner}: {marked.Segments} segments, and {marked.Queued} messages that were in none");
    }
}
