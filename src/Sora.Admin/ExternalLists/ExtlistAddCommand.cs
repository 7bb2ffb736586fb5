using System.CommandLine;

namespace Sora.Admin.ExternalLists;

/// <summary><c>extlist add</c>: more members.</summary>
internal sealed class ExtlistAddCommand : ListAccountCommand
{
    private readonly Option<string> _name = ListOption();
    private readonly Option<string[]> _members = MemberOption();

    public ExtlistAddCommand(CommandHost host)
        : base("add", "Adds members to a list of an account, which is made where it is not there", host)
    {
        Add(_name);
        Add(_members);
    }

    protected override bool Changes => true;

    protected override async Task<int> RunAsync(CommandRun run, AdminSession session, AccountMailboxes account, CancellationToken cancellationToken)
    {
        var name = ParseList(run.Required(_name));
        var members = ParseMembers(run.Required(_members));
        return Changed(run, await session.Lists.AddAsync(account.Account.Id, name, members, cancellationToken), name, account, "Added");
    }
}
