using System.Text;
using Sora.Contracts;

namespace Sora.Relay.Smtp;

/// <summary>AUTH (RFC 4954), with the strongest mechanism that both sides know.</summary>
internal static class SmtpAuthentication
{
    private const string Plain = "PLAIN";
    private const string Login = "LOGIN";

    // The strongest first
    private static readonly string[] Mechanisms = [ScramClient.Name, Plain, Login];

    /// <exception cref="SmtpException">The server does not take user and password, or no mechanism will do.</exception>
    public static async Task RunAsync(
        SmtpConnection connection, string user, string password, bool plainWithoutTls, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (Saslprep.Prepare(user, allowUnassigned: true) is not { Length: > 0 } name || Saslprep.Prepare(password, allowUnassigned: true) is not { Length: > 0 } secret)
            throw new SmtpException("relay.user or relay.password has a character that no login may have (RFC 4013)");
        var offered = connection.Capabilities.Mechanisms;
        var mayBePlain = connection.IsEncrypted || plainWithoutTls;
        SmtpReply? last = null;
        foreach (var mechanism in Mechanisms)
        {
            if (!offered.Contains(mechanism, StringComparer.Ordinal) || (mechanism != ScramClient.Name && !mayBePlain))
                continue;
            last = mechanism switch
            {
                ScramClient.Name => await ScramAsync(connection.Stream, new ScramClient(name, secret), timeout, cancellationToken),
                Plain => await connection.Stream.CommandAsync($"AUTH PLAIN {Base64($"\0{name}\0{secret}")}", timeout, cancellationToken),
                _ => await LoginAsync(connection.Stream, name, secret, timeout, cancellationToken),
            };
            if (last.Code == 235)
                return;

            // RFC 4954 section 6: this mechanism will not do, or not for this user yet, which says nothing of another one
            if (last.Code is not (432 or 504 or 534))
                break;
        }

        if (last is not null)
            throw new SmtpException($"the login failed: {last.ToReply("")}", last);
        throw new SmtpException(mayBePlain || offered.Count == 0
            ? "the host offers no way to log in that is known here"
            : "the host offers no way to log in that hides the password, and the connection is not encrypted");
    }

    private static async Task<SmtpReply> LoginAsync(
        SmtpStream stream, string user, string password, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var reply = await stream.CommandAsync("AUTH LOGIN", timeout, cancellationToken);
        if (reply.Code == 334)
            reply = await stream.CommandAsync(Base64(user), timeout, cancellationToken);
        return reply.Code == 334 ? await stream.CommandAsync(Base64(password), timeout, cancellationToken) : reply;
    }

    private static async Task<SmtpReply> ScramAsync(SmtpStream stream, ScramClient client, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var reply = await stream.CommandAsync($"AUTH {ScramClient.Name} {Base64(client.First)}", timeout, cancellationToken);
        if (reply.Code != 334)
            return reply;
        if (client.Answer(Text(reply)) is not { } final)
        {
            await stream.CommandAsync("*", timeout, cancellationToken);
            throw new SmtpException("the login failed: the host's challenge makes no sense");
        }

        reply = await stream.CommandAsync(Base64(final), timeout, cancellationToken);
        if (reply.Code is not (334 or 235))
            return reply;

        // Some servers put their last message into the 235 (RFC 4954 section 4 does not provide for that)
        if (!client.IsServer(Text(reply)))
            throw new SmtpException("the login failed: the host does not know the password itself");
        return reply.Code == 235 ? reply : await stream.CommandAsync("", timeout, cancellationToken);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Text(SmtpReply reply)
    {
        var text = reply.Lines[^1];
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text[(text.LastIndexOf(' ') + 1)..], bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : "";
    }
}
