using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts;

/// <summary>An account to be made.</summary>
/// <param name="Address">Its primary address.</param>
/// <param name="PasswordHash">In any scheme that <see cref="Passwords.PasswordHasher"/> verifies; holds for all addresses of the account.</param>
public sealed record NewAccount(string Address, string PasswordHash)
{
    /// <summary>Further addresses.</summary>
    public IReadOnlyList<string> MoreAddresses { get; init; } = [];
}

/// <summary>What an administrative change has done, for the one who asked and for an audit log.</summary>
/// <param name="Account">The account that was changed.</param>
/// <param name="PrimaryAddress">Its primary address after the change.</param>
/// <param name="Addresses">The addresses that were changed, in ordinal order.</param>
public sealed record AccountChange(AccountId Account, string PrimaryAddress, IReadOnlyList<string> Addresses);

/// <summary>An account with what it holds.</summary>
/// <param name="Summary">The account.</param>
/// <param name="Credentials">Its addresses, the primary one first, and further passwords behind them.</param>
/// <param name="Mailboxes">How many mailboxes it has.</param>
/// <param name="Messages">How many messages are in them.</param>
/// <param name="Bytes">Size of these messages; one that is in two mailboxes counts twice.</param>
public sealed record AccountDetails(AccountSummary Summary, ImmutableArray<Credential> Credentials, int Mailboxes, long Messages, long Bytes);
