using System.CommandLine;
using Sora.Admin.Sieve;
using Sora.Contracts;
using Sora.Mailstore.Sieve;

namespace Sora.Admin.ExternalLists;

/// <summary>What the commands about an account's external lists (RFC 6134) have in common.</summary>
internal abstract class ListAccountCommand(string name, string description, CommandHost host) : SieveAccountCommand(name, description, host)
{
    protected static Option<string> ListOption() =>
        Required("--name", "URI", "The list's name: a tag: or urn: URI, or what follows urn:ietf:params:sieve, such as :addrbook:default");

    protected static Option<string[]> MemberOption() => new("--member")
    {
        Description = "A member, mostly an address; may be repeated",
        HelpName = "MEMBER",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>A name as lists are stored by.</summary>
    /// <exception cref="AdminException">It is no name that a list may have.</exception>
    protected static string ParseList(string text)
    {
        if (SiteLists.NameProblem(text) is { } problem)
            throw new AdminException($"'{text}' {problem}");
        SieveListName.TryNormalize(text, out var name);
        return name;
    }

    /// <exception cref="AdminException">One of them is none that a list may have.</exception>
    protected static List<string> ParseMembers(IEnumerable<string> texts) =>
        [.. texts.Select(static text => SieveListMember.Parse(text) is { IsOk: true } member ? member.Value : throw new AdminException($"'{text}': {SieveListMember.Parse(text).Error!.Text}"))];

    /// <summary>The end of a command that changed a list by so many members.</summary>
    protected static int Changed(CommandRun run, MailResult<int> result, string name, AccountMailboxes account, string what) => result.IsOk
        ? run.Done(new { Name = name, PrimaryAddress = account.Owner, Members = result.Value }, $"{what} {result.Value} members: {name} of {account.Owner}")
        : run.Failed($"{result.Error.Text}: {name}");

    protected static string DomainOf(AccountMailboxes account) => account.Owner[(account.Owner.LastIndexOf('@') + 1)..];
}
