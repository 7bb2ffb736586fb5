using System.Net;

namespace Sora.Contracts;

/// <summary>Whose wrong passwords were too many.</summary>
public enum LoginBlock
{
    None,

    /// <summary>Those from the client's network, for whatever user.</summary>
    Address,

    /// <summary>Those for the user, from wherever.</summary>
    User,

    /// <summary>Those for the user from the client's network.</summary>
    UserAtAddress,

    /// <summary>
    /// Those for the account by all of its addresses together, of which only <see cref="ILoginLimits.SucceededAsync"/> speaks. The client must hear what it would hear of a wrong
    /// password: otherwise guesses at one address would tell which others belong to the same account.
    /// </summary>
    Account,

    /// <summary>Nobody's yet, but too many passwords from the client's network wait already before they are checked.</summary>
    Waiting,
}

/// <summary>Whether a password may be checked.</summary>
/// <param name="Block">Why not.</param>
/// <param name="Time">How long that lasts, or how long the password has to wait before it is checked.</param>
public readonly record struct LoginPermission(LoginBlock Block, TimeSpan Time)
{
    public bool IsBlocked => Block != LoginBlock.None;
}

/// <summary>
/// Counts wrong passwords for all nodes together, and says when there were too many. It is asked before a password is checked and told the outcome after it, for every way to log
/// in. A name that does not exist is treated as one that does.
/// </summary>
public interface ILoginLimits
{
    /// <summary>
    /// Whether a password may be checked now; waits before it says so when there were some wrong ones already. Costs no query, unless the user is blocked for strangers.
    /// </summary>
    ValueTask<LoginPermission> AskAsync(IPAddress address, string user, CancellationToken cancellationToken);

    /// <summary>
    /// Counts a wrong password, and says whether there were too many while it was checked: then the client must not hear that it was wrong. Returns after the other nodes were told: a
    /// client that knew before them would have time to go there.
    /// </summary>
    /// <param name="account">Whose name it is, so that lists may show it; null for one that is nobody's, which may be a password that was typed into the wrong field.</param>
    ValueTask<LoginPermission> FailedAsync(IPAddress address, string user, AccountIdentity? account, CancellationToken cancellationToken);

    /// <summary>
    /// A right password: what was counted for the user, and for the user at this address, is forgotten; not what was counted for the address. Says whether too many wrong ones came
    /// while it was checked, which then counts for more. Writes nothing when there was nothing to forget and the user is known at the address.
    /// </summary>
    /// <param name="account">Whose password it was; null when no password was given: then what was guessed at the account's other addresses does not matter.</param>
    ValueTask<LoginPermission> SucceededAsync(IPAddress address, string user, AccountId? account, CancellationToken cancellationToken);
}
