using System.Net;
using Sora.Contracts;

namespace Sora.Mailstore.Audit;

/// <summary>One entry of the audit log; see the table's columns.</summary>
public sealed record AuditEntry(
    DateTimeOffset At,
    DateTimeOffset Until,
    int Times,
    string Kind,
    string Node,
    string Outcome,
    string? Actor,
    string Action,
    string? Detail,
    string? Reason,
    IPAddress? Address,
    long? Account,
    string? ActedFor)
{
    public const string Login = "login";
    public const string Admin = "admin";

    internal static AuditEntry Of(LoginEvent happened, string node, DateTimeOffset at, DateTimeOffset until, int times) => new(
        at, until, times, Login, node, Name(happened.Outcome), happened.User, happened.Protocol, happened.Mechanism, happened.Reason, happened.Address, happened.Account?.Value,
        happened.ActedFor);

    private static string Name(LoginOutcome outcome) => outcome switch
    {
        LoginOutcome.Ok => "ok",
        LoginOutcome.Wrong => "wrong",
        LoginOutcome.Blocked => "blocked",
        LoginOutcome.Unauthorized => "unauthorized",
        _ => "unavailable",
    };
}

/// <summary>An entry as it is listed.</summary>
/// <param name="Id">Later entries have greater ones.</param>
public sealed record ListedAuditEntry(long Id, AuditEntry Entry);

/// <summary>Which entries are listed; null for any.</summary>
/// <param name="Actor">The name, or <c>@domain</c>; also those whom a master acted for.</param>
/// <param name="Network">As in 10.0.0.0/8, or one address.</param>
/// <param name="Action">A protocol, or how a command begins.</param>
/// <param name="Before">Entries before this one.</param>
public sealed record AuditFilter(
    string? Kind, DateTimeOffset? Since, DateTimeOffset? Until, string? Actor, string? Network, string? Action, string? Outcome, long? Before);
