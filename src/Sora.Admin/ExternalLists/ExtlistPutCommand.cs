using System.CommandLine;
using Sora.Admin.Sieve;
using Sora.Contracts;

namespace Sora.Admin.ExternalLists;

/// <summary><c>extlist put</c>: gives a list the members of a file, and no others.</summary>
internal sealed class ExtlistPutCommand : ListAccountCommand
{
    private readonly Option<string> _name = ListOption();
    private readonly Option<string> _file = Required("--file", "FILE", "Members, one on each line; empty lines and those that begin with # are passed over; - reads standard input");

    public ExtlistPutCommand(CommandHost host)
        : base("put", "Gives a list of an account the members of a file, and no others", host)
    {
        Add(_name);
        Add(_file);
    }

    protected override bool Changes => true;

    protected override async Task<int> RunAsync(CommandRun run, AdminSession session, AccountMailboxes account, CancellationToken cancellationToken)
    {
        var name = ParseList(run.Required(_name));
        var file = run.Required(_file);
        var members = SieveListMember.ParseLines(await ScriptSource.ReadAsync(run, file, run.LoadOptions().Sieve.MaxListFile.Bytes, cancellationToken));
        if (!members.IsOk)
            return run.Failed($"{file}: {members.Error.Text}");
        var done = await session.Lists.PutAsync(account.Account.Id, name, members.Value, cancellationToken);
        if (!done.IsOk)
            return run.Failed($"{done.Error.Text}: {name}");
        var count = members.Value.Distinct(StringComparer.OrdinalIgnoreCase).Count();
        return Changed(run, count, name, account, "Stored");
    }
}
