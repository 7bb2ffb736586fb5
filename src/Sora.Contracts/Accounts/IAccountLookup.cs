namespace Sora.Contracts;

/// <summary>An account whose owner lives elsewhere, as those who know of it describe it.</summary>
/// <param name="Address">Its primary address, lower case.</param>
/// <param name="PasswordHash">What its password is checked with, in a scheme that is known here; null when nobody logs in with a password, or when the service checks passwords itself.</param>
/// <param name="Aliases">Its further addresses, lower case; null when they are not told.</param>
/// <param name="Quota">What it may hold; null when that is not told.</param>
public sealed record ExternalAccount(string Address, string? PasswordHash, IReadOnlyList<string>? Aliases, QuotaLimits? Quota);

/// <summary>What is known of a login with a password.</summary>
/// <param name="Account">Whose the address is; null when there is no such account.</param>
/// <param name="IsRight">What the service says of the password; null when it is to be checked here, with <see cref="ExternalAccount.PasswordHash"/>.</param>
public readonly record struct ExternalLogin(ExternalAccount? Account, bool? IsRight);

/// <summary>Asks a service about accounts whose owners live elsewhere.</summary>
public interface IAccountLookup
{
    /// <summary>The service is asked about this address.</summary>
    bool Covers(string address);

    /// <summary>The account that an address (lower case) belongs to; null when there is none. UNAVAILABLE when it cannot be known now.</summary>
    ValueTask<MailResult<ExternalAccount?>> FindAsync(string address, CancellationToken cancellationToken);

    /// <summary>
    /// What a login goes by: no older than a few seconds, or, while the service is away, what it last said. UNAVAILABLE when it cannot be known now, and never for a wrong password.
    /// </summary>
    ValueTask<MailResult<ExternalLogin>> LogInAsync(ExternalLoginRequest request, CancellationToken cancellationToken);
}

/// <summary>Somebody wants to log in.</summary>
/// <param name="Address">The name, in lower case.</param>
/// <param name="Password">What the client sent; null when it proves that it has the password in another way.</param>
/// <param name="Protocol">For the service to see; empty when that is not known.</param>
/// <param name="Client">Where the client is, for the service to see; null when that is not known.</param>
public sealed record ExternalLoginRequest(string Address, string? Password, string Protocol, System.Net.IPAddress? Client);

/// <summary>Whoever knows of an account is away: it cannot be said whether there is one.</summary>
public sealed class AccountsAwayException() : TimeoutException("Accounts cannot be looked up now");
