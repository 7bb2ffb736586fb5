using System.Buffers;
using System.Text;
using Sora.Gateway.Sasl;

namespace Sora.Gateway.Imap;

/// <summary>A capability and when it is named.</summary>
/// <param name="States">The states in which it is named.</param>
/// <param name="Value">Its whole text where that depends on the server's options; null then means that it is not offered.</param>
internal sealed record Capability(string Name, ImapStates States, Func<ImapConnection, string?>? Value = null);

/// <summary>The capability lists (RFC 9051 section 6.1.1). Only what works is named.</summary>
internal static class Capabilities
{
    private const ImapStates Always = ImapStates.Any | ImapStates.Logout;
    private const ImapStates Before = ImapStates.NotAuthenticated;
    private const ImapStates LoggedIn = ImapStates.LoggedIn;

    private static readonly SearchValues<char> AtomSpecials = SearchValues.Create("(){%*\"\\]");

    /// <summary>In the order in which they are named.</summary>
    public static readonly Capability[] All =
    [
        new("IMAP4rev1", Always),
        new("IMAP4rev2", Always),
        new("LITERAL+", Always),
        new("SASL-IR", Always),
        new("ENABLE", Always),
        new("ID", Always),
        new("IDLE", Always),

        new("STARTTLS", Before, static connection => connection.Client.CanStartTls ? "STARTTLS" : null),
        .. SaslMechanisms.Known.Select(static name => new Capability("AUTH=" + name, Before, connection => connection.Offers(name) ? "AUTH=" + name : null)),
        new("LOGINDISABLED", Before, static connection => connection.MayAuthenticate ? null : "LOGINDISABLED"),

        new("NAMESPACE", LoggedIn),
        new("CHILDREN", LoggedIn),
        new("UIDPLUS", LoggedIn),
        new("UNSELECT", LoggedIn),
        new("MOVE", LoggedIn),
        new("CONDSTORE", LoggedIn),
        new("QRESYNC", LoggedIn),
        new("UIDONLY", LoggedIn),
        new("NOTIFY", LoggedIn),
        new("UIDBATCHES", LoggedIn),
        new("INPROGRESS", LoggedIn, static connection => connection.Server.Options.ProgressInterval > TimeSpan.Zero ? "INPROGRESS" : null),
        new("MESSAGELIMIT", LoggedIn, static connection => WithNumber("MESSAGELIMIT", connection.Server.Options.MessageLimit)),
        new("SAVELIMIT", LoggedIn, static connection => WithNumber("SAVELIMIT", connection.Server.Options.SaveLimit)),
        new("ESEARCH", LoggedIn),
        new("SEARCHRES", LoggedIn),
        new("WITHIN", LoggedIn),
        new("PARTIAL", LoggedIn),
        new("SEARCH=FUZZY", LoggedIn),
        new("I18NLEVEL=1", LoggedIn),
        new("SORT", LoggedIn),
        new("SORT=DISPLAY", LoggedIn),
        new("ESORT", LoggedIn),
        new("THREAD=ORDEREDSUBJECT", LoggedIn),
        new("THREAD=REFERENCES", LoggedIn),
        new("THREAD=REFS", LoggedIn),
        new("CONTEXT=SEARCH", LoggedIn),
        new("CONTEXT=SORT", LoggedIn),
        new("MULTISEARCH", LoggedIn),
        new("PREVIEW", LoggedIn),
        new("SNIPPET=FUZZY", LoggedIn),
        new("BINARY", LoggedIn),
        new("LIST-EXTENDED", LoggedIn),
        new("LIST-STATUS", LoggedIn),
        new("SPECIAL-USE", LoggedIn),
        new("CREATE-SPECIAL-USE", LoggedIn),
        new("STATUS=SIZE", LoggedIn),
        new("ACL", LoggedIn),
        new("RIGHTS=texk", LoggedIn),
        new("LIST-MYRIGHTS", LoggedIn),
        new("MULTIAPPEND", LoggedIn),
        new("CATENATE", LoggedIn),
        new("URL-PARTIAL", LoggedIn),
        new("REPLACE", LoggedIn),
        new("UTF8=ACCEPT", LoggedIn),
        new("COMPRESS=DEFLATE", LoggedIn, static connection => connection.Client.CanCompress ? "COMPRESS=DEFLATE" : null),
        new("OBJECTID", LoggedIn),
        new("SAVEDATE", LoggedIn),
        new("QUOTA", LoggedIn),
        new("QUOTA=RES-STORAGE", LoggedIn),
        new("QUOTA=RES-MESSAGE", LoggedIn),
        new("QUOTA=RES-MAILBOX", LoggedIn),
        new("QUOTASET", LoggedIn),
        new("METADATA", LoggedIn),
        new("METADATA-SERVER", LoggedIn),
        new("LIST-METADATA", LoggedIn),
        new("IMAPSIEVE", LoggedIn, static connection => connection.Server.Scripts?.Url is { } url ? $"IMAPSIEVE={url}" : null),
        new("FILTER=SIEVE", LoggedIn, static connection => connection.Server.Scripts?.Filters is null ? null : "FILTER=SIEVE"),
        new("UNAUTHENTICATE", LoggedIn),
        new("APPENDLIMIT", LoggedIn, static connection => FormattableString.Invariant($"APPENDLIMIT={connection.Server.Options.AppendLimit.Bytes}")),
    ];

    private static string? WithNumber(string name, int limit) => limit > 0 ? FormattableString.Invariant($"{name}={limit}") : null;

    public static byte[] For(ImapConnection connection)
    {
        var text = new StringBuilder();
        foreach (var capability in All)
        {
            if (!capability.States.HasFlag(connection.Session.State) || connection.IsDisabled(capability.Name))
                continue;
            if ((capability.Value is null ? capability.Name : capability.Value(connection)) is { } value)
                text.Append(text.Length == 0 ? "" : " ").Append(value);
        }

        foreach (var additional in connection.Server.Options.AdditionalCaps)
            text.Append(' ').Append(additional);
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>What is wrong with a list of capabilities to hide, each message with the key in front.</summary>
    public static IEnumerable<string> CheckDisabled(string key, IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (name.Equals("IMAP4rev1", StringComparison.OrdinalIgnoreCase))
                yield return $"{key} must not have IMAP4rev1, without which nothing is left";
            else if (!Array.Exists(All, capability => capability.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
                yield return $"{key} has '{name}', which is no capability of this server";
        }
    }

    /// <summary>What is wrong with a list of capabilities to add.</summary>
    public static IEnumerable<string> CheckAdditional(string key, IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (name.Length is 0 or > 100 || name.AsSpan().ContainsAnyExceptInRange('!', '~') || name.AsSpan().ContainsAny(AtomSpecials))
                yield return $"{key} has '{name}', which is no atom";
        }
    }
}
