using System.Globalization;
using System.Text;

namespace Sora.Gateway.Imap;

/// <summary>The capability lists (RFC 9051 section 6.1.1). Only what works is named.</summary>
internal static class Capabilities
{
    private const string Always = "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ENABLE ID IDLE";

    private const string LoggedIn =
        " NAMESPACE CHILDREN UIDPLUS UNSELECT MOVE CONDSTORE ESEARCH SEARCHRES BINARY LIST-EXTENDED LIST-STATUS"
        + " SPECIAL-USE CREATE-SPECIAL-USE STATUS=SIZE";

    public static byte[] For(ImapConnection connection)
    {
        var text = new StringBuilder(Always);
        if (connection.Session.State != ImapStates.NotAuthenticated)
        {
            text.Append(LoggedIn).Append(CultureInfo.InvariantCulture, $" APPENDLIMIT={connection.Server.Options.AppendLimit.Bytes}");
        }
        else
        {
            if (connection.Client.CanStartTls)
                text.Append(" STARTTLS");
            text.Append(connection.MayAuthenticate ? " AUTH=PLAIN" : " LOGINDISABLED");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
