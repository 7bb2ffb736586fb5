using System.Net;

namespace Sora.Gateway.Connections;

/// <summary>The open connections, and how many each protocol and each address has.</summary>
internal sealed class ConnectionRegistry
{
    private readonly Lock _lock = new();
    private readonly HashSet<ClientConnection> _open = [];
    private readonly Dictionary<string, int> _byProtocol = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Protocol, IPAddress Address), int> _byAddress = [];
    private TaskCompletionSource? _empty;

    public int Count
    {
        get
        {
            lock (_lock)
                return _open.Count;
        }
    }

    /// <summary>Counts a connection in; null when it may be served, else which limit refuses it (a metrics label).</summary>
    public string? TryEnter(string protocol, IPAddress address, ConnectionLimits limits)
    {
        lock (_lock)
        {
            var all = _byProtocol.GetValueOrDefault(protocol);
            if (limits.MaxConnections > 0 && all >= limits.MaxConnections)
                return "max_connections";
            if (limits.MaxConnectionsPerIp > 0)
            {
                var key = (protocol, Network(address));
                var same = _byAddress.GetValueOrDefault(key);
                if (same >= limits.MaxConnectionsPerIp)
                    return "max_connections_per_ip";
                _byAddress[key] = same + 1;
            }

            _byProtocol[protocol] = all + 1;
            return null;
        }
    }

    /// <summary>Takes back what <see cref="TryEnter"/> counted.</summary>
    public void Leave(string protocol, IPAddress address, ConnectionLimits limits)
    {
        lock (_lock)
        {
            _byProtocol[protocol]--;
            if (limits.MaxConnectionsPerIp <= 0)
                return;
            var key = (protocol, Network(address));
            if (_byAddress[key] == 1)
                _byAddress.Remove(key);
            else
                _byAddress[key]--;
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

    /// <summary>One client has a whole /64 of IPv6 to itself, so addresses in it count as one.</summary>
    private static IPAddress Network(IPAddress address)
    {
        if (address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6)
            return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }
}
