using Sora.Contracts;
using Sora.Gateway.Pop3.Responses;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>What follows a password, whichever command brought it: the session gets the maildrop, or stays where it was.</summary>
internal static class LogIn
{
    /// <summary>No password goes over the network in the clear (RFC 2595 section 2.1, RFC 8314 section 4.1).</summary>
    public static Pop3Reply NeedsTls { get; } = Pop3Reply.Error("Use STLS, or the port with TLS, before you send a password");

    public static async ValueTask<Pop3Reply?> RunAsync(
        Pop3Connection connection, MailResult<AccountIdentity> identity, DateTimeOffset? expires, CancellationToken cancellationToken)
    {
        var server = connection.Server;
        if (!identity.IsOk)
        {
            Log.LoginRefused(server.Logger, connection.Client.Remote.Address, identity.Error.Code, connection.Client.Id);
            var reply = identity.Error.Code == MailErrorCode.Limit ? Pop3Reply.Error(identity.Error.Text, ResponseCode.SysTemp) : Pop3Reply.Error(identity.Error);
            if (identity.Error.Code is not (MailErrorCode.AuthenticationFailed or MailErrorCode.Limit) || ++connection.AuthFailures < server.Options.MaxAuthFailures)
                return reply;
            connection.End("Too many failed logins", reply.Code);
            return null;
        }

        if (connection.Client.TryLogIn(identity.Value, expires) is { } refusal)
            return Pop3Reply.Error(refusal.Text, ResponseCode.SysTemp);
        var isOpen = false;
        try
        {
            var reply = await OpenAsync(connection, identity.Value, cancellationToken);
            isOpen = connection.Identity is not null;
            return reply;
        }
        finally
        {
            if (!isOpen)
                connection.Client.LogOut();
        }
    }

    private static async ValueTask<Pop3Reply?> OpenAsync(Pop3Connection connection, AccountIdentity identity, CancellationToken cancellationToken)
    {
        var server = connection.Server;
        var account = identity.Account;
        var taken = await server.Maildrops.LockAsync(account, server.Options.LoginDelay, cancellationToken);
        if (!taken.IsOk)
        {
            Log.LoginRefused(server.Logger, connection.Client.Remote.Address, taken.Error.Code, connection.Client.Id);
            return taken.Error.Code == MailErrorCode.Limit
                ? Pop3Reply.Error(taken.Error.Text, ResponseCode.LoginDelay)
                : Pop3Reply.Error(taken.Error);
        }

        var isOpen = false;
        try
        {
            var opened = await OpenAsync(server, account, taken.Value, cancellationToken);
            if (!opened.IsOk)
                return Pop3Reply.Error(opened.Error);
            var maildrop = opened.Value;
            connection.LogIn(identity, taken.Value, maildrop.Index.Id, maildrop);
            isOpen = true;
            Log.LoggedIn(server.Logger, account, connection.Client.Remote.Address, connection.Client.Id, maildrop.Count);
            return Pop3Reply.Ok($"maildrop has {maildrop.Count} messages ({maildrop.Octets} octets)");
        }
        finally
        {
            if (!isOpen)
                await taken.Value.DisposeAsync();
        }
    }

    private static async ValueTask<MailResult<Maildrop>> OpenAsync(
        Pop3Server server, AccountId account, IMaildropLock maildropLock, CancellationToken cancellationToken)
    {
        var list = await server.Accounts.Get(account).ListAsync(cancellationToken);
        if (list.Find(MailboxName.Inbox) is not { } inbox)
            return MailError.Unavailable();
        var opened = await server.Replicas.OpenAsync(inbox.Id, cancellationToken);
        if (!opened.IsOk)
            return opened.Error;
        MailboxIndex index;
        using (var lease = opened.Value)
            index = lease.Replica.Current!;

        // After the index: whatever is in it is known here too
        var lineEnds = await maildropLock.LineEndsAsync(cancellationToken);
        return lineEnds.IsOk ? new Maildrop(index, lineEnds.Value) : lineEnds.Error;
    }
}
