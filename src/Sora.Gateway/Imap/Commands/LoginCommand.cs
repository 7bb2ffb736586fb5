using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>LOGIN (RFC 9051 section 6.2.3), and what it shares with AUTHENTICATE.</summary>
internal sealed class LoginCommand(string user, string password) : ImapCommand
{
    public static readonly MailError NeedsTls = new(MailErrorCode.PrivacyRequired, "Use TLS before you send a password");

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var user = parser.Utf8String();
        parser.Space();
        return new LoginCommand(user, parser.Utf8String());
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        if (!connection.MayAuthenticate)
        {
            connection.Client.NoteRefusal("tls_required");
            return ImapReply.No(NeedsTls);
        }

        var server = connection.Server;
        var identity = await server.Sasl.CheckPasswordAsync(
            connection.Client, user, password, server.Options.AuthFailureDelay, cancellationToken).ConfigureAwait(false);
        return identity.IsOk ? LogIn(connection, identity.Value) : Refuse(connection, identity.Error);
    }

    /// <summary>The client is this user from now on.</summary>
    public static ImapReply LogIn(ImapConnection connection, AccountIdentity identity, DateTimeOffset? expires = null)
    {
        var server = connection.Server;
        if (connection.Client.TryLogIn(identity, expires) is { } refusal)
            return ImapReply.No(refusal.Text, ResponseCode.Of(MailErrorCode.Limit));
        connection.Session.Identity = identity;
        connection.Session.Account = server.Accounts.Get(identity.Account);
        connection.Session.Watch = new AccountWatch(connection, identity);
        Log.LoggedIn(server.Logger, identity.Account, connection.Client.Remote.Address, connection.Client.Id);
        return ImapReply.Ok("Logged in", new CapabilityCode(Capabilities.For(connection)));
    }

    /// <summary>Says no, and BYE to a client that has guessed too often.</summary>
    public static ImapReply Refuse(ImapConnection connection, MailError error)
    {
        Log.LoginRefused(connection.Server.Logger, connection.Client.Remote.Address, error.Code, connection.Client.Id);
        if (error.Code is not (MailErrorCode.AuthenticationFailed or MailErrorCode.Limit))
            return ImapReply.No(error);
        if (++connection.Session.AuthFailures < connection.Server.Options.MaxAuthFailures)
            return ImapReply.No(error);
        ImapReply.No(error).Write(connection.Writer, connection.Tag);
        connection.Bye("Too many failed logins");
        return ImapReply.Answered;
    }
}
