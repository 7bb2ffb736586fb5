using System.CommandLine;
using Sora.Contracts;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Storage;

namespace Sora.Admin.Quotas;

/// <summary>Whose quota a command is about: an account or a domain.</summary>
internal sealed record QuotaTarget(AccountSummary? Account, string? Domain)
{
    public string Name => Account?.PrimaryAddress ?? Domain!;

    /// <summary>Makes sure that one of the two options is given, and not both.</summary>
    public static void RequireOne(Command command, Option<string?> email, Option<string?> domain) => command.Validators.Add(result =>
    {
        if (result.GetValue(email) is null == result.GetValue(domain) is null)
            result.AddError("Either --email or --domain is required");
    });

    public static async Task<MailResult<QuotaTarget>> FindAsync(AdminSession session, string? email, string? domain, CancellationToken cancellationToken)
    {
        if (domain is not null)
            return new QuotaTarget(null, domain.Trim().ToLowerInvariant());
        var found = await session.Accounts.FindAsync(email!, cancellationToken);
        if (!found.IsOk)
            return found.Error;
        var summary = found.Value.Summary;
        return summary.DeletedAt is null
            ? new QuotaTarget(summary, null)
            : new MailError(MailErrorCode.NonExistent, $"The account {summary.PrimaryAddress} is deleted: bring it back with accounts restore");
    }

    /// <summary>What it has of its own.</summary>
    public Task<StoredQuota> ReadAsync(QuotaHost quotas, CancellationToken cancellationToken) => Account is { } account
        ? quotas.ReadAccountAsync(account.Id, cancellationToken)
        : quotas.ReadDomainAsync(Domain!, cancellationToken);
}
