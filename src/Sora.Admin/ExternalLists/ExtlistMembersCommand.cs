using System.CommandLine;

namespace Sora.Admin.ExternalLists;

/// <summary><c>extlist add</c> and <c>extlist remove</c>: more members, and fewer.</summary>
internal sealed class ExtlistMembersCommand : ListAccountCommand
{
    private readonly Option<string> _name = ListOption();
    private readonly Option<string[]> _members = MemberOption();
    private readonly bool _adds;

    private ExtlistMembersCommand(string name, string description, bool adds, CommandHost host)
        : base(name, description, host)
    {
        _adds = adds;
        Add(_name);
        Add(_members);
    }

    protected override bool Changes => true;

    public static ExtlistMembersCommand Adding(CommandHost host) =>
        new("add", "Adds members to a list of an account, which is made where it is not there", adds: true, host);

    public static ExtlistMembersCommand Removing(CommandHost host) => new("remove", "Takes members out of a list of an account", adds: false, host);

    protected override async Task<int> RunAsync(CommandRun run, AdminSession session, AccountMailboxes account, CancellationToken cancellationToken)
    {
        var name = ParseList(run.Required(_name));
        var members = ParseMembers(run.Required(_members));
        var result = _adds
            ? await session.Lists.AddAsync(account.Account.Id, name, members, cancellationToken)
            : await session.Lists.RemoveAsync(account.Account.Id, name, members, cancellationToken);
        return Changed(run, result, name, account, _adds ? "Added" : "Removed");
    }
}
