using System.CommandLine;

namespace Sora.Admin.Accounts;

/// <summary><c>accounts list</c>: a page of accounts in the order of their primary addresses.</summary>
internal sealed class AccountsListCommand : AdminCommand
{
    private const int MaxLimit = 100_000;

    private readonly Option<string?> _domain = Optional("--domain", "D", "Only accounts with an address in this domain");
    private readonly Option<int> _limit = new("--limit") { Description = "At most so many accounts", HelpName = "N", DefaultValueFactory = static _ => 1000 };
    private readonly Option<string?> _after = Optional("--after", "ADDRESS", "Only accounts after this primary address: the last one of the page before");
    private readonly Option<bool> _deleted = Flag("--deleted", "The deleted accounts instead of the others");

    public AccountsListCommand(CommandHost host)
        : base("list", "Lists accounts", host)
    {
        Add(_domain);
        Add(_limit);
        Add(_after);
        Add(_deleted);
        Validators.Add(result => OptionLimits.Check(result, _limit, 1, MaxLimit));
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var limit = run.Get(_limit);
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);

        // One more tells whether another page follows
        var found = await session.Accounts.ListAsync(run.Get(_domain), run.Get(_after), limit + 1, run.Get(_deleted), cancellationToken);
        var page = found.Take(limit).ToList();
        if (run.WantsJson)
        {
            run.WriteJson(page.Select(static account => new
            {
                Account = account.Id.Value, account.PrimaryAddress, Addresses = account.Credentials, account.CreatedAt, account.DeletedAt,
            }));
        }
        else
        {
            run.WriteTable(
                ["account", "primary address", "addresses", "created", .. run.Get(_deleted) ? ["deleted"] : Array.Empty<string>()],
                page.Select(account => (object?[])
                [
                    account.Id.Value, account.PrimaryAddress, account.Credentials, account.CreatedAt,
                    .. run.Get(_deleted) ? [account.DeletedAt] : Array.Empty<object?>(),
                ]));
        }

        if (found.Count > limit)
            run.Say($"there are more: --after {page[^1].PrimaryAddress}");
        return ExitCode.Ok;
    }
}
