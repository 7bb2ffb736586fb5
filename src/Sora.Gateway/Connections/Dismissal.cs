namespace Sora.Gateway.Connections;

/// <summary>Why the server does not serve a client, or serves it no longer. Protocols put it into their own words' form.</summary>
/// <param name="Reason">A label of the metrics.</param>
/// <param name="Text">What the client is told: printable ASCII.</param>
/// <param name="IsTemporary">Later, or with another connection less, it would be served.</param>
/// <param name="IsUrgent">A session ends in the middle of what the client sends; others end between two commands.</param>
public sealed record Dismissal(string Reason, string Text, bool IsTemporary = true, bool IsUrgent = false)
{
    public static Dismissal Draining { get; } = new("draining", "Server is going down");

    public static Dismissal MaxConnections { get; } = new("max_connections", "Too many connections");

    public static Dismissal MaxConnectionsPerListener { get; } = new("max_connections_per_listener", "Too many connections to this port");

    public static Dismissal MaxConnectionsPerIp { get; } = new("max_connections_per_ip", "Too many connections from your address");

    public static Dismissal MaxConnectionsPerUser { get; } = new("max_connections_per_user", "Too many connections of this user");

    public static Dismissal MaxConnectionsPerUserPerIp { get; } =
        new("max_connections_per_user_per_ip", "Too many connections of this user from your address");

    /// <summary>LMTP is for one's own MTAs.</summary>
    public static Dismissal NotTrusted { get; } = new("not_trusted", "Access denied", IsTemporary: false);

    public static Dismissal ProxyNotTrusted { get; } =
        new("proxy_not_trusted", "Your address may not speak for others here", IsTemporary: false);

    public static Dismissal ProxyMalformed { get; } = new("proxy_malformed", "A PROXY header was expected", IsTemporary: false);

    public static Dismissal ProxyTimeout { get; } = new("proxy_timeout", "A PROXY header was expected and did not come in time");

    public static Dismissal Expired { get; } = new("expired", "Connection has lasted too long");

    public static Dismissal TokenExpired { get; } = new("token_expired", "Token has ended, log in again");

    public static Dismissal TooSlow { get; } = new("too_slow", "You are sending too slowly", IsUrgent: true);

    public static Dismissal Kicked { get; } = new("kicked", "Disconnected by the administrator", IsUrgent: true);
}
