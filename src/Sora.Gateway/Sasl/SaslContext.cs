using System.Net;
using Sora.Contracts;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Sasl;

/// <summary>What a mechanism needs of the server and of the connection that it runs on.</summary>
/// <param name="Accounts">Who may log in.</param>
/// <param name="Masters">Who may act for others.</param>
/// <param name="Client">The connection.</param>
/// <param name="Address">Where its client is.</param>
/// <param name="Protocol">What is logged in to.</param>
/// <param name="FailureDelay">How long the answer to a wrong password is held back.</param>
/// <param name="Time">The clock.</param>
/// <param name="OffersBinding">A mechanism with channel binding was offered to this client.</param>
/// <param name="TellsScramErrors">SCRAM says in its own words why it failed.</param>
internal sealed record SaslContext(
    IAccounts Accounts,
    MasterUsers Masters,
    ClientConnection Client,
    IPAddress Address,
    LoginScopes Protocol,
    TimeSpan FailureDelay,
    TimeProvider Time,
    bool OffersBinding,
    bool TellsScramErrors)
{
    /// <summary>Stands before and behind the check.</summary>
    public LoginGuard Guard { get; init; } = LoginGuard.Off(Time);

    /// <summary>The mechanism's name, or the command that a password came in.</summary>
    public string Mechanism { get; init; } = "";

    private string ProtocolName => NameOf(Protocol);

    public static string NameOf(LoginScopes protocol) => protocol switch
    {
        LoginScopes.Imap => "imap",
        LoginScopes.Pop3 => "pop3",
        _ => "managesieve",
    };

    /// <summary>That a client logs in by this name.</summary>
    public LoginRequest Request(string user) => new(user, Protocol, Address);

    /// <summary>How long the answer to the name that SCRAM begins with takes, found or not.</summary>
    public TimeSpan NameDelay { get; init; }

    /// <summary>That somebody wants to prove this name, and is checked from now on.</summary>
    public LoginAttempt Begin(string user) =>
        Attempt(user) with { Hold = FailureDelay > TimeSpan.Zero ? Task.Delay(FailureDelay, Time, CancellationToken.None) : Task.CompletedTask };

    /// <summary>That somebody wants to prove this name.</summary>
    public LoginAttempt Attempt(string user) => new(ProtocolName, Mechanism, Address, user, FailureDelay, Time.GetTimestamp());
}
