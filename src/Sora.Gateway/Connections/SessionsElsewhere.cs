using System.Globalization;
using System.Net;
using Sora.Contracts;

namespace Sora.Gateway.Connections;

/// <summary>
/// Counts the sessions of users over all nodes, as far as limits need it: a node tells the others of users who have a good part of what they may have, when that changes and again
/// every minute. What was not told again is forgotten, so a node that is gone is too. Nobody waits for it: a login looks at what was told, which is seconds old.
/// </summary>
internal sealed class SessionsElsewhere : IDisposable
{
    /// <summary>Told from this part of the smallest limit on.</summary>
    private const int Part = 8;

    private static readonly TimeSpan Again = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Forgotten = TimeSpan.FromSeconds(150);

    private readonly Lock _lock = new();
    private readonly ConnectionRegistry _registry;
    private readonly ISessionNews _news;
    private readonly TimeProvider _time;
    private readonly string _node = Guid.NewGuid().ToString("N")[..12];
    private readonly Dictionary<AccountId, Dictionary<string, (UserSessions Sessions, long At)>> _elsewhere = [];
    private readonly Dictionary<AccountId, string> _told = [];
    private readonly ITimer _timer;
    private long _toldAllAt;

    /// <param name="limit">The smallest limit that counts sessions of users.</param>
    public SessionsElsewhere(ConnectionRegistry registry, ISessionNews news, int limit, TimeSpan interval, TimeProvider time)
    {
        _registry = registry;
        _news = news;
        _time = time;
        _toldAllAt = time.GetTimestamp();
        registry.CountElsewhere(this, Math.Max(1, limit / Part));
        news.Heard += Hear;
        _timer = time.CreateTimer(static self => ((SessionsElsewhere)self!).Tick(), this, interval, interval);
    }

    /// <summary>Sessions of the user on other nodes, and those of them from this address.</summary>
    public (int All, int FromThere) Of(AccountId user, IPAddress network)
    {
        lock (_lock)
        {
            if (!_elsewhere.TryGetValue(user, out var nodes))
                return default;
            var (all, fromThere) = (0, 0);
            foreach (var (sessions, _) in nodes.Values)
                (all, fromThere) = (all + sessions.Total, fromThere + sessions.From(network));
            return (all, fromThere);
        }
    }

    /// <summary>Tells what has changed, and forgets what was not told again.</summary>
    internal void Tick()
    {
        var now = _time.GetTimestamp();
        lock (_lock)
        {
            var isTime = _time.GetElapsedTime(_toldAllAt, now) >= Again;
            if (isTime)
                _toldAllAt = now;
            foreach (var (user, text) in _registry.ManySessions())
            {
                if (!isTime && _told.TryGetValue(user, out var before) && before == text)
                    continue;
                _told[user] = text;
                Tell(user, text);
            }

            foreach (var user in _told.Keys)
            {
                if (_registry.HasManySessions(user))
                    continue;
                _told.Remove(user);
                Tell(user, "0");
            }

            foreach (var (user, nodes) in _elsewhere)
            {
                foreach (var (node, (_, at)) in nodes)
                {
                    if (_time.GetElapsedTime(at, now) > Forgotten)
                        nodes.Remove(node);
                }

                if (nodes.Count == 0)
                    _elsewhere.Remove(user);
            }
        }
    }

    public void Dispose()
    {
        _news.Heard -= Hear;
        _timer.Dispose();
    }

    private void Tell(AccountId user, string text) => _news.Tell(string.Create(CultureInfo.InvariantCulture, $"{_node}/{user.Value}/{text}"));

    private void Hear(string news)
    {
        var parts = news.Split('/', 3);
        if (parts.Length < 3 || parts[0] == _node || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || UserSessions.Parse(parts[2]) is not { } sessions)
            return;
        var user = new AccountId(number);
        lock (_lock)
        {
            if (!_elsewhere.TryGetValue(user, out var nodes))
                _elsewhere[user] = nodes = [];
            if (sessions.Total > 0)
                nodes[parts[0]] = (sessions, _time.GetTimestamp());
            else
                nodes.Remove(parts[0]);
            if (nodes.Count == 0)
                _elsewhere.Remove(user);
        }
    }
}
