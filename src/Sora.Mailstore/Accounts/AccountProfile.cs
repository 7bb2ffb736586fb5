namespace Sora.Mailstore.Accounts;

/// <summary>What others see of an account.</summary>
/// <param name="Address">Its primary address; null for the account that holds the shared mailboxes of its domain.</param>
/// <param name="Domain">Empty when it has neither.</param>
internal sealed record AccountProfile(string? Address, string Domain);
