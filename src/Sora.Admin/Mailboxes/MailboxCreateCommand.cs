using System.CommandLine;

namespace Sora.Admin.Mailboxes;

/// <summary><c>mailbox create</c>: a mailbox and the missing ones above it.</summary>
internal sealed class MailboxCreateCommand : AdminCommand
{
    private readonly OwnerOptions _owner = new();
    private readonly Option<string> _name = Required("--name", "NAME", "The mailbox's name in UTF-8, levels separated by /");
    private readonly Option<string?> _use = Optional("--special-use", "USE", "What the mailbox is for");
    private readonly Option<bool> _subscribe = Flag("--subscribe", "Subscribe to it, so that mail programs show it");

    public MailboxCreateCommand(CommandHost host)
        : base("create", "Creates a mailbox, and those above it that are missing", host)
    {
        _use.AcceptOnlyFromAmong(MailboxArguments.Uses);
        _owner.AddTo(this);
        Add(_name);
        Add(_use);
        Add(_subscribe);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var name = MailboxArguments.Name(run.Required(_name));
        var use = MailboxArguments.Use(run.Get(_use));
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        var found = await _owner.FindAsync(run, session, mayCreate: true, cancellationToken);
        if (!found.IsOk)
            return run.Failed(found.Error);
        var created = await found.Value.Account.CreateAsync(name, use, cancellationToken);
        if (!created.IsOk)
            return run.Failed($"{created.Error.Text}: {name}");
        if (run.Get(_subscribe))
        {
            var subscribed = await found.Value.Account.SubscribeAsync(name, subscribed: true, cancellationToken);
            if (!subscribed.IsOk)
                return run.Failed($"The mailbox was created, but not subscribed to: {subscribed.Error.Text}");
        }

        return run.Done(
            new
            {
                Mailbox = created.Value.Id.Value,
                Name = name.Value,
                SpecialUse = MailboxArguments.Text(use),
                Subscribed = run.Get(_subscribe),
                UidValidity = created.Value.UidValidity.Value,
            },
            $"Created {name} of {found.Value.Owner}");
    }
}
