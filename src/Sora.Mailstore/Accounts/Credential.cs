using System.Net;
using Sora.Contracts;

namespace Sora.Mailstore.Accounts;

/// <summary>What a credential is.</summary>
public enum CredentialKind
{
    /// <summary>The account's primary address with its password.</summary>
    Primary,

    /// <summary>Another address with its password.</summary>
    Address,

    /// <summary>A further password of an address.</summary>
    Password,
}

/// <summary>One way to log in to an account.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Address">The name that logs in with it.</param>
/// <param name="Settings">What it is for.</param>
/// <param name="IsGenerated">A further password that was made here.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="LastUse">Its last login, as of the last time that nodes have written theirs down; null for none.</param>
public sealed record Credential(
    CredentialId Id, CredentialKind Kind, string Address, CredentialSettings Settings, bool IsGenerated, DateTimeOffset CreatedAt, LastUse? LastUse);

/// <summary>What a credential is for.</summary>
/// <param name="Description">For people.</param>
/// <param name="Scopes">Where it lets in.</param>
/// <param name="ExpiresAt">From when on it lets nobody in; null for never.</param>
public sealed record CredentialSettings(string Description, LoginScopes Scopes, DateTimeOffset? ExpiresAt)
{
    /// <summary>Most characters of a description.</summary>
    public const int MaxDescription = 200;

    public static readonly CredentialSettings Default = new("", LoginScopes.All, null);
}

/// <summary>A login.</summary>
public sealed record LastUse(DateTimeOffset At, LoginScopes Protocol, IPAddress Client);

/// <summary>What of a credential is to be changed; null leaves a thing as it is.</summary>
/// <param name="Description">For people.</param>
/// <param name="Scopes">Where it lets in.</param>
/// <param name="ExpiresAt">From when on it lets nobody in; <see cref="DateTimeOffset.MaxValue"/> for never.</param>
/// <param name="Password">Another password.</param>
/// <param name="EndSessions">All sessions of the account end.</param>
public sealed record CredentialUpdate(
    string? Description = null, LoginScopes? Scopes = null, DateTimeOffset? ExpiresAt = null, NewPassword? Password = null, bool EndSessions = false);

/// <summary>A password to be stored.</summary>
/// <param name="Hash">Its hash.</param>
/// <param name="Text">The password, when it is known: then its keys of SCRAM can be made like those of others.</param>
public sealed record NewPassword(string Hash, string? Text = null);

/// <summary>A further password that was added or changed.</summary>
/// <param name="Generated">The password, when it was made here: it is never shown again.</param>
public sealed record CredentialChange(CredentialId Id, AccountId Account, string PrimaryAddress, string Address, string? Generated);
