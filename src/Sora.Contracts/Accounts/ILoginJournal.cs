using System.Net;

namespace Sora.Contracts;

/// <summary>How an attempt to log in ended.</summary>
public enum LoginOutcome
{
    /// <summary>The client is in.</summary>
    Ok,

    /// <summary>No such user, or not its password, which nobody is told.</summary>
    Wrong,

    /// <summary>Too many wrong ones before it.</summary>
    Blocked,

    /// <summary>The password was right, and its user may not act for whom it wanted to act for.</summary>
    Unauthorized,

    /// <summary>It could not be checked.</summary>
    Unavailable,
}

/// <summary>An attempt to log in.</summary>
/// <param name="Protocol">As in "imap".</param>
/// <param name="Mechanism">A SASL mechanism, or the command that the password came in.</param>
/// <param name="Address">The client's.</param>
/// <param name="User">The name that was to be proven; null when it is nobody's, because it may be a password that was typed into the wrong field.</param>
/// <param name="Account">Whose account the client is in; null when it is not.</param>
/// <param name="ActedFor">The primary address of that account, when somebody else proved to be a master; null otherwise.</param>
/// <param name="Reason">More about the outcome, in a word; null for nothing.</param>
public sealed record LoginEvent(
    string Protocol, string Mechanism, IPAddress Address, string? User, AccountId? Account, string? ActedFor, LoginOutcome Outcome, string? Reason);

/// <summary>Writes down who logs in, or tries to.</summary>
public interface ILoginJournal
{
    /// <summary>Takes an event to be written down soon. Never waits; under an attack events that are alike are summed.</summary>
    void Record(LoginEvent happened);
}
