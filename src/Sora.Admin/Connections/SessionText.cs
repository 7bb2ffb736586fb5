using Sora.Mailstore.Sessions;

namespace Sora.Admin.Connections;

/// <summary>How sessions are shown.</summary>
internal static class SessionText
{
    public static void Write(CommandRun run, SessionAnswer answer)
    {
        if (run.WantsJson)
        {
            run.WriteJson(new { Sessions = answer.Sessions.Select(Json), answer.Nodes, answer.Silent });
            return;
        }

        run.WriteTable(
            ["node", "id", "protocol", "client", "user", "tls", "since", "silent", "command", "received", "sent"],
            answer.Sessions.Select(static found => new object?[]
            {
                found.Node, found.Session.Id, found.Session.Protocol, found.Session.Client, found.Session.User, found.Session.Tls, found.Session.Since,
                $"{(long)found.Session.Silent.TotalSeconds}s", found.Session.Command, found.Session.Received, found.Session.Sent,
            }));
    }

    private static object Json(NodeSession found) => new
    {
        found.Node,
        found.Session.Id,
        found.Session.Protocol,
        found.Session.Client,
        found.Session.Proxy,
        found.Session.Server,
        found.Session.User,
        found.Session.Tls,
        found.Session.Since,
        SilentSeconds = (long)found.Session.Silent.TotalSeconds,
        found.Session.Command,
        found.Session.Received,
        found.Session.Sent,
        found.Session.ProxySession,
    };
}
