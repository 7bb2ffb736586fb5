using System.Net;

namespace Sora.Gateway.Sasl;

/// <summary>One attempt to log in: what is known before the password is checked.</summary>
/// <param name="Protocol">As in "imap".</param>
/// <param name="Mechanism">A SASL mechanism, or the command that the password came in.</param>
/// <param name="Address">The client's.</param>
/// <param name="User">The name that is to be proven.</param>
/// <param name="FailureDelay">How long the answer to a wrong password is held back.</param>
/// <param name="Started">When the check begins: what it takes does not show in the time of the answer.</param>
internal sealed record LoginAttempt(string Protocol, string Mechanism, IPAddress Address, string User, TimeSpan FailureDelay, long Started)
{
    /// <summary>
    /// When the answer to a wrong password may go out. It runs from before the check: a wait that were reckoned after it would have its fraction of a millisecond, which an attacker who
    /// tries often enough can see.
    /// </summary>
    public Task? Hold { get; init; }

    /// <summary>It is proven by something that can be guessed.</summary>
    public bool IsPassword => Mechanism is not ("EXTERNAL" or "OAUTHBEARER" or "XOAUTH2");
}
