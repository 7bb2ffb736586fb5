using System.CommandLine;

namespace Sora.Admin.ExternalLists;

/// <summary><c>extlist delete</c>: a list of an account, with its members.</summary>
internal sealed class ExtlistDeleteCommand : ListAccountCommand
{
    private readonly Option<string> _name = ListOption();

    public ExtlistDeleteCommand(CommandHost host)
        : base("delete", "Deletes a list of an account", host)
    {
        Add(_name);
        AddConfirm();
    }

    protected override bool Changes => true;

    protected override async Task<int> RunAsync(CommandRun run, AdminSession session, AccountMailboxes account, CancellationToken cancellationToken)
    {
        var name = ParseList(run.Required(_name));
        var done = await session.Lists.DeleteAsync(account.Account.Id, name, cancellationToken);
        return done.IsOk ? run.Done(new { Name = name, PrimaryAddress = account.Owner }, $"Deleted {name} of {account.Owner}") : run.Failed($"{done.Error.Text}: {name}");
    }
}
