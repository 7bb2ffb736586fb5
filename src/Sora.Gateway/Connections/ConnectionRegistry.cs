using System.Net;
using System.Runtime.InteropServices;
using Sora.Contracts;

namespace Sora.Gateway.Connections;

/// <summary>The open connections, and how many each protocol, each address and each user has.</summary>
internal sealed class ConnectionRegistry
{
    private readonly Lock _lock = new();
    private readonly HashSet<ClientConnection> _open = [];
    private readonly Dictionary<string, int> _byProtocol = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Protocol, IPAddress Network), int> _byNetwork = [];
    private readonly Dictionary<AccountId, UserSessions> _byUser = [];
    private readonly HashSet<AccountId> _many = [];
    private SessionsElsewhere? _elsewhere;
    private int _countsAsMany = int.MaxValue;
    private TaskCompletionSource? _empty;

    public int Count
    {
        get
        {
            lock (_lock)
                return _open.Count;
        }
    }

    /// <summary>Counts a connection of a protocol in; null when it may be served.</summary>
    public Dismissal? TryEnter(string protocol, int max)
    {
        lock (_lock)
            return TryAdd(_byProtocol, protocol, max) ? null : Dismissal.MaxConnections;
    }

    /// <summary>Takes back what <see cref="TryEnter"/> counted.</summary>
    public void Leave(string protocol)
    {
        lock (_lock)
            Subtract(_byProtocol, protocol);
    }

    /// <summary>Counts a connection of an address in; null when it may be served.</summary>
    public Dismissal? TryEnterFrom(string protocol, IPAddress address, int max)
    {
        lock (_lock)
            return TryAdd(_byNetwork, (protocol, ClientNetwork.Of(address)), max) ? null : Dismissal.MaxConnectionsPerIp;
    }

    /// <summary>Takes back what <see cref="TryEnterFrom"/> counted.</summary>
    public void LeaveFrom(string protocol, IPAddress address)
    {
        lock (_lock)
            Subtract(_byNetwork, (protocol, ClientNetwork.Of(address)));
    }

    /// <summary>Counts a session of a user in, whatever its protocol; null when it may go on.</summary>
    public Dismissal? TryLogIn(AccountId user, IPAddress address, int maxPerUser, int maxPerUserPerIp)
    {
        var network = ClientNetwork.Of(address);
        var (elsewhere, elsewhereFromThere) = maxPerUser + maxPerUserPerIp > 0 ? _elsewhere?.Of(user, network) ?? default : default;
        lock (_lock)
        {
            ref var sessions = ref CollectionsMarshal.GetValueRefOrAddDefault(_byUser, user, out _);
            sessions ??= new UserSessions();
            var refusal = maxPerUser > 0 && sessions.Total + elsewhere >= maxPerUser ? Dismissal.MaxConnectionsPerUser
                : maxPerUserPerIp > 0 && sessions.From(network) + elsewhereFromThere >= maxPerUserPerIp ? Dismissal.MaxConnectionsPerUserPerIp
                : null;
            if (refusal is null)
                sessions.Add(network);
            Note(user, sessions);
            return refusal;
        }
    }

    /// <summary>From now on the sessions on other nodes count too.</summary>
    /// <param name="many">From how many sessions of a user on the other nodes are told.</param>
    public void CountElsewhere(SessionsElsewhere elsewhere, int many) => (_elsewhere, _countsAsMany) = (elsewhere, many);

    /// <summary>Users with so many sessions that other nodes are told, and what they are told.</summary>
    public List<(AccountId User, string Sessions)> ManySessions()
    {
        lock (_lock)
            return [.. _many.Select(user => (user, _byUser[user].Tell()))];
    }

    /// <summary>The user is one of <see cref="ManySessions"/>.</summary>
    public bool HasManySessions(AccountId user)
    {
        lock (_lock)
            return _many.Contains(user);
    }

    /// <summary>Takes back what <see cref="TryLogIn"/> counted.</summary>
    public void LogOut(AccountId user, IPAddress address)
    {
        lock (_lock)
        {
            var sessions = _byUser[user];
            sessions.Remove(ClientNetwork.Of(address));
            Note(user, sessions);
        }
    }

    public void Add(ClientConnection connection)
    {
        lock (_lock)
            _open.Add(connection);
    }

    public void Remove(ClientConnection connection)
    {
        lock (_lock)
        {
            _open.Remove(connection);
            if (_open.Count > 0 || _empty is null)
                return;
            _empty.TrySetResult();
            _empty = null;
        }
    }

    public List<ClientConnection> Snapshot()
    {
        lock (_lock)
            return [.. _open];
    }

    /// <summary>Completes when no connection is open.</summary>
    public Task Empty()
    {
        lock (_lock)
        {
            if (_open.Count == 0)
                return Task.CompletedTask;
            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _empty.Task;
        }
    }

    private void Note(AccountId user, UserSessions sessions)
    {
        if (sessions.Total >= _countsAsMany)
            _many.Add(user);
        else
            _many.Remove(user);
        if (sessions.Total == 0)
            _byUser.Remove(user);
    }

    private static bool TryAdd<TKey>(Dictionary<TKey, int> counts, TKey key, int max)
        where TKey : notnull
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _);
        if (max > 0 && count >= max)
            return false;
        count++;
        return true;
    }

    private static void Subtract<TKey>(Dictionary<TKey, int> counts, TKey key)
        where TKey : notnull
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(counts, key);
        if (--count == 0)
            counts.Remove(key);
    }
}
