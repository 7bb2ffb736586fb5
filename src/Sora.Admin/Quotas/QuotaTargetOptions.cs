using System.CommandLine;
using Sora.Contracts;

namespace Sora.Admin.Quotas;

/// <summary>Whose quota a command is about: that of an account, that of the users of a domain, or that of its shared mailboxes.</summary>
internal sealed class QuotaTargetOptions
{
    private readonly Option<string?> _email = new("--email") { Description = "Any address of the account", HelpName = "ADDRESS" };
    private readonly Option<string?> _domain = new("--domain") { Description = "The domain of primary addresses", HelpName = "DOMAIN" };
    private readonly Option<string?> _shared = new("--shared") { Description = "The shared mailboxes of a domain", HelpName = "DOMAIN" };

    public void AddTo(Command command)
    {
        command.Add(_email);
        command.Add(_domain);
        command.Add(_shared);
        command.Validators.Add(result =>
        {
            if (new[] { _email, _domain, _shared }.Count(option => result.GetValue(option) is not null) != 1)
                result.AddError("Either --email, --domain or --shared is required");
        });
    }

    /// <param name="run">The command.</param>
    /// <param name="session">The engine.</param>
    /// <param name="mayCreate">Make the account of a domain's shared mailboxes when there is none, so that its limits can be set before the first mailbox.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>NONEXISTENT.</returns>
    public async Task<MailResult<QuotaTarget>> FindAsync(CommandRun run, AdminSession session, bool mayCreate, CancellationToken cancellationToken)
    {
        if (run.Get(_domain) is { } domain)
            return new QuotaTarget(domain.Trim().ToLowerInvariant(), null);
        if (run.Get(_shared) is { } shared)
        {
            var mailboxes = await session.SharedMailboxesAsync(shared.Trim(), mayCreate, cancellationToken);
            return mailboxes.IsOk
                ? new QuotaTarget($"the shared mailboxes of {mailboxes.Value.Owner}", mailboxes.Value.Account.Id)
                : mailboxes.Error;
        }

        var found = await session.Accounts.FindAsync(run.Get(_email)!, cancellationToken);
        if (!found.IsOk)
            return found.Error;
        var summary = found.Value.Summary;
        return summary.DeletedAt is null
            ? new QuotaTarget(summary.PrimaryAddress, summary.Id)
            : new MailError(MailErrorCode.NonExistent, $"The account {summary.PrimaryAddress} is deleted: bring it back with accounts restore");
    }
}
