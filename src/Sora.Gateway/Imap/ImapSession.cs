using Sora.Contracts;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Imap;

/// <summary>States of RFC 9051 section 3, as a set for the command table.</summary>
[Flags]
internal enum ImapStates
{
    NotAuthenticated = 1,
    Authenticated = 2,
    Selected = 4,
    Logout = 8,
    Any = NotAuthenticated | Authenticated | Selected,
    LoggedIn = Authenticated | Selected,
}

/// <summary>What a client has said and done so far: state only.</summary>
internal sealed class ImapSession
{
    public ImapStates State => IsEnding ? ImapStates.Logout
        : Account is null ? ImapStates.NotAuthenticated
        : Selected is null ? ImapStates.Authenticated
        : ImapStates.Selected;

    /// <summary>The connection is to be closed after the current command.</summary>
    public bool IsEnding { get; set; }

    public AccountIdentity? Identity { get; set; }

    public IAccount? Account { get; set; }

    /// <summary>When what the client has logged in with ends.</summary>
    public SessionEnd End { get; set; }

    public MailboxDirectory? Directory { get; set; }

    /// <summary>Notices when the account is deleted.</summary>
    public AccountWatch? Watch { get; set; }

    public SelectedMailbox? Selected { get; set; }

    /// <summary>IMAP4rev2 was enabled: UTF-8 names, ESEARCH instead of SEARCH, no \Recent.</summary>
    public bool Rev2 { get; set; }

    /// <summary>UTF8=ACCEPT was enabled (RFC 6855): UTF-8 names and quoted strings without the rest of IMAP4rev2.</summary>
    public bool Utf8Accept { get; set; }

    /// <summary>Mailbox names are UTF-8, and quoted strings may hold it.</summary>
    public bool Utf8 => Rev2 || Utf8Accept;

    /// <summary>A CONDSTORE-enabling command was given (RFC 7162 section 3.1).</summary>
    public bool CondStore { get; set; }

    /// <summary>QRESYNC was enabled: VANISHED takes the place of EXPUNGE (RFC 7162 section 3.2.3).</summary>
    public bool QResync { get; set; }

    /// <summary>UIDONLY was enabled: no message numbers in either direction (RFC 9586).</summary>
    public bool UidOnly { get; set; }

    /// <summary>What NOTIFY asked for; null as long as the command was not used, and the session behaves as without it.</summary>
    public Notify.NotifySession? Notify { get; set; }

    /// <summary>Changes of annotations that the client wants to hear of (ENABLE METADATA); null when it does not.</summary>
    public Metadata.MetadataNews? MetadataNews { get; set; }

    public int AuthFailures { get; set; }

    public int BadCommands { get; set; }
}
