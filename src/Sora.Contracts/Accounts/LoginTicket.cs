namespace Sora.Contracts;

/// <summary>What a session was let in with, and what its right to go on hangs on.</summary>
/// <param name="Account">Whose password it was; for a master who acts for others, the master.</param>
/// <param name="Credential">The password; 0 when it was none.</param>
/// <param name="Protocol">What was logged in to.</param>
/// <param name="Epoch">The account's count of times that all its sessions were ended.</param>
/// <param name="ExpiresAt">When the password is over; null for never.</param>
/// <param name="Changes">How many changes of accounts the process had heard of when it read the password.</param>
public sealed record LoginTicket(
    AccountId Account, CredentialId Credential, LoginScopes Protocol, long Epoch, DateTimeOffset? ExpiresAt, int Changes);
