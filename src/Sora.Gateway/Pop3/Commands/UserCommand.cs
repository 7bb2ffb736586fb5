using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>USER (RFC 1939 section 7). Whether there is such a user is told to nobody.</summary>
internal sealed class UserCommand(string user) : Pop3Command
{
    public static Pop3Command Parse(ref Pop3Arguments arguments) => new UserCommand(arguments.Text());

    public override ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken)
    {
        connection.User = null;
        if (!connection.MayAuthenticate)
        {
            connection.Client.NoteRefusal("tls_required");
            return new(LogIn.NeedsTls);
        }

        if (user.Length == 0 || user.AsSpan().ContainsAnyInRange('\0', '\x1F'))
            return new(Pop3Reply.Error("That is no name of a user"));
        connection.User = user;
        return new(Pop3Reply.Ok("send PASS"));
    }
}
