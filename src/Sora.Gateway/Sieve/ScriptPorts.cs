using Sora.Contracts;
using Sora.Gateway.Imap;
using Sora.Sieve;

namespace Sora.Gateway.Sieve;

/// <summary>What scripts are planned with: what they may ask for, and their limits.</summary>
/// <param name="Accounts">Whose mailboxes there are.</param>
/// <param name="Sharing">The mailboxes of others.</param>
/// <param name="Library">The scripts, for include.</param>
/// <param name="Options">[sieve_delivery]</param>
/// <param name="Limits">[sieve_limits]</param>
/// <param name="OtherUsersPrefix">Prefix of the namespace of other users' mailboxes.</param>
/// <param name="SharedPrefix">Prefix of the namespace of shared mailboxes.</param>
public sealed record ScriptPorts(
    IAccounts Accounts, ISharing Sharing, ScriptLibrary Library, SieveDeliveryOptions Options, SieveLimits Limits, string OtherUsersPrefix, string SharedPrefix)
{
    /// <summary>What scripts remember; null when they remember nothing.</summary>
    public ISieveHistory? History { get; init; }

    /// <summary>Annotations; null when there are none.</summary>
    public IMetadata? Metadata { get; init; }

    /// <summary>External lists; null when there is none but the default address book.</summary>
    public ISieveLists? Lists { get; init; }

    /// <summary>How to reach the administrator, the server's annotation; empty for nobody.</summary>
    public string AdminContact { get; init; } = "";

    /// <summary>What begins the detail in a local part (RFC 5233 section 4): the first of the characters in lmtp.recipient_delimiter.</summary>
    public string DetailSeparators { get; init; } = "+";

    internal Namespaces Namespaces { get; } = new(OtherUsersPrefix, SharedPrefix);

    internal CheckFields Checks { get; } = new(Options);

    internal TimeZoneInfo TimeZone { get; } = TimeZoneInfo.FindSystemTimeZoneById(Options.TimeZone);
}
