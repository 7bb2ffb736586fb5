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
    private readonly Dictionary<AccountId, int> _byUser = [];
    private readonly Dictionary<(AccountId User, IPAddress Network), int> _byUserAndNetwork = [];
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
        lock (_lock)
        {
            if (!TryAdd(_byUser, user, maxPerUser))
                return Dismissal.MaxConnectionsPerUser;
            if (TryAdd(_byUserAndNetwork, (user, ClientNetwork.Of(address)), maxPerUserPerIp))
                return null;
            Subtract(_byUser, user);
            return Dismissal.MaxConnectionsPerUserPerIp;
        }
    }

    /// <summary>Takes back what <see cref="TryLogIn"/> counted.</summary>
    public void LogOut(AccountId user, IPAddress address)
    {
        lock (_lock)
        {
            Subtract(_byUser, user);
            Subtract(_byUserAndNetwork, (user, ClientNetwork.Of(address)));
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
