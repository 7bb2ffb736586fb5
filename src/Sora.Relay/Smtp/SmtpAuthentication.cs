using System.Text;

namespace Sora.Relay.Smtp;

/// <summary>AUTH (RFC 4954), with the strongest mechanism that both sides know.</summary>
internal static class SmtpAuthentication
{
    /// <exception cref="SmtpException">The server does not take user and password, or no mechanism will do.</exception>
    public static async Task RunAsync(
        SmtpConnection connection, string user, string password, bool plainWithoutTls, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var mechanisms = connection.Capabilities.Mechanisms;
        var mayBePlain = connection.IsEncrypted || plainWithoutTls;
        SmtpReply reply;
        if (mechanisms.Contains(ScramClient.Name, StringComparer.Ordinal))
            reply = await ScramAsync(connection.Stream, new ScramClient(user, password), timeout, cancellationToken);
        else if (mechanisms.Contains("PLAIN", StringComparer.Ordinal) && mayBePlain)
            reply = await connection.Stream.CommandAsync($"AUTH PLAIN {Base64($"\0{user}\0{password}")}", timeout, cancellationToken);
        else if (mechanisms.Contains("LOGIN", StringComparer.Ordinal) && mayBePlain)
            reply = await LoginAsync(connection.Stream, user, password, timeout, cancellationToken);
        else
            throw new SmtpException(mayBePlain || mechanisms.Count == 0
                ? "the host offers no way to log in that is known here"
                : "the host offers no way to log in that hides the password, and the connection is not encrypted");
        if (reply.Code != 235)
            throw new SmtpException($"the login failed: {reply.ToReply("")}", reply);
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
