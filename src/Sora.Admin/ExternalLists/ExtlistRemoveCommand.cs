using System.CommandLine;

namespace Sora.Admin.ExternalLists;

/// <summary><c>extlist remove</c>: fewer members.</summary>
internal sealed class ExtlistRemoveCommand : ListAccountCommand
{
    private readonly Option<string> _name = ListOption();
    private readonly Option<string[]> _members = MemberOption();

    public ExtlistRemoveCommand(CommandHost host)
        : base("remove", "Takes members out of a list of an account", host)
    {
        Add(_name);
        Add(_members);
    }

    protected override bool Changes => true;

    protected override async Task<int> RunAsync(CommandRun run, AdminSession session, AccountMailboxes account, CancellationToken cancellationToken)
    {
        var name = ParseList(run.Required(_name));
        var members = ParseMembers(run.Required(_members));
        return Changed(run, await session.Lists.RemoveAsync(account.Account.Id, name, members, cancellationToken), name, account, "Removed");
    }
}
