namespace Sora.Contracts;

/// <summary>
/// External lists (RFC 6134) as deliveries ask for them. A list is everything that is there by its name: the site's for all, the site's for the domain, and the account's own.
/// </summary>
public interface ISieveLists
{
    /// <summary>
    /// The list of that name; null when there is none. The default address book is always there. UNAVAILABLE when that is not known now. Completes at once where it is known.
    /// </summary>
    /// <param name="account">Who asks; 0 for nobody, who has no lists of one's own.</param>
    /// <param name="domain">Domain of the account's primary address.</param>
    /// <param name="name">A name as <see cref="SieveListName"/> makes it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<MailResult<SieveList?>> FindAsync(AccountId account, string domain, string name, CancellationToken cancellationToken);
}
