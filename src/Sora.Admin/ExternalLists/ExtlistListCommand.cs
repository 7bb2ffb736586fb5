using Sora.Contracts;
using Sora.Mailstore.Sieve;

namespace Sora.Admin.ExternalLists;

/// <summary><c>extlist list</c>: the lists that an account's scripts can name.</summary>
internal sealed class ExtlistListCommand(CommandHost host) : ListAccountCommand("list", "Shows which lists an account's scripts can name", host)
{
    protected override async Task<int> RunAsync(CommandRun run, AdminSession session, AccountMailboxes account, CancellationToken cancellationToken)
    {
        var own = await session.Lists.ListAsync(account.Account.Id, cancellationToken);
        if (!own.IsOk)
            return run.Failed(own.Error);
        var domain = DomainOf(account);
        var names = own.Value.Select(static list => list.Name).Concat(session.SiteLists.Names(domain)).Append(SieveListName.DefaultAddressBook)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        var rows = names.Select(name =>
        {
            AccountList? known = own.Value.FirstOrDefault(list => list.Name == name);
            var site = session.SiteLists.Find(domain, name);
            return new
            {
                Name = name,
                Own = known?.Members ?? 0,
                Site = site.IsOk ? site.Value?.Members.Count() ?? 0 : (int?)null,
                known?.ChangedAt,
            };
        }).ToList();
        if (run.WantsJson)
            run.WriteJson(rows);
        else
            run.WriteTable(["name", "own members", "of the site", "changed"], rows.Select(static row => new object?[] { row.Name, row.Own, row.Site, row.ChangedAt }));

        string[] problems = [.. session.SiteLists.Problems()];
        return problems.Length == 0 ? ExitCode.Ok : run.Failed(string.Join("; ", problems));
    }
}
