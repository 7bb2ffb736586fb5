using System.CommandLine;
using Sora.Contracts;

namespace Sora.Admin.ExternalLists;

/// <summary><c>extlist show</c>: the members of a list.</summary>
internal sealed class ExtlistShowCommand : ListAccountCommand
{
    private readonly Option<string> _name = ListOption();
    private readonly Option<bool> _all = Flag("--all", "With the members that the list has from the site");

    public ExtlistShowCommand(CommandHost host)
        : base("show", "Prints an account's own members of a list, one on each line", host)
    {
        Add(_name);
        Add(_all);
    }

    protected override async Task<int> RunAsync(CommandRun run, AdminSession session, AccountMailboxes account, CancellationToken cancellationToken)
    {
        var name = ParseList(run.Required(_name));
        var members = run.Get(_all)
            ? All(await session.Lists.FindAsync(account.Account.Id, DomainOf(account), name, cancellationToken))
            : await session.Lists.ReadAsync(account.Account.Id, name, cancellationToken);
        if (!members.IsOk)
            return run.Failed($"{members.Error.Text}: {name}");
        if (run.WantsJson)
        {
            run.WriteJson(new { Name = name, Members = members.Value });
            return ExitCode.Ok;
        }

        foreach (var member in members.Value)
            run.Terminal.Output.WriteLine(member);
        return ExitCode.Ok;
    }

    private static MailResult<string[]> All(MailResult<SieveList?> list) =>
        !list.IsOk ? list.Error
        : list.Value is { } found ? (string[])[.. found.Members]
        : new MailError(MailErrorCode.NonExistent, "There is no list by that name");
}
