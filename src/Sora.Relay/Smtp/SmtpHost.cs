namespace Sora.Relay.Smtp;

/// <summary>One host: connections that are kept for the next message, and a pause after failures.</summary>
internal sealed class SmtpHost(RelayOptions options, HostAddress address, string helloName, TimeProvider time) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<SmtpConnection> _idle = [];
    private readonly Outage _outage = new(options, time);

    public string Name => address.Name;

    /// <summary>How long it is left alone.</summary>
    public TimeSpan Outage => _outage.Left;

    /// <summary>A connection that was used before and looks as if it could be used again; null when there is none.</summary>
    public SmtpConnection? TryReuse()
    {
        while (true)
        {
            SmtpConnection connection;
            lock (_lock)
            {
                if (_idle.Count == 0)
                    return null;
                connection = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
            }

            if (time.GetElapsedTime(connection.IdleSince) <= options.Timeouts.Idle && connection.IsQuiet())
                return connection;
            connection.Dispose();
        }
    }

    /// <exception cref="SmtpException">It cannot be used now.</exception>
    public Task<SmtpConnection> OpenAsync(CancellationToken cancellationToken) =>
        SmtpConnection.OpenAsync(options, address, helloName, cancellationToken);

    /// <summary>Takes back a connection that is in order.</summary>
    public async ValueTask ReturnAsync(SmtpConnection connection, CancellationToken cancellationToken)
    {
        _outage.Over();
        if (connection.IsBroken)
        {
            connection.Dispose();
            return;
        }

        lock (_lock)
        {
            if (connection.Messages < options.MessagesPerConnection && options.Timeouts.Idle > TimeSpan.Zero && _idle.Count < options.Parallelism)
            {
                connection.IdleSince = time.GetTimestamp();
                _idle.Add(connection);
                return;
            }
        }

        await connection.QuitAsync(cancellationToken);
    }

    /// <summary>It could not be used: it is left alone for a while. Returns for how long.</summary>
    public TimeSpan Failed() => _outage.Failed();

    /// <summary>Says goodbye on connections that have been without work for long enough.</summary>
    public async Task TrimAsync(bool all, CancellationToken cancellationToken)
    {
        List<SmtpConnection> old;
        lock (_lock)
        {
            old = _idle.FindAll(connection => all || time.GetElapsedTime(connection.IdleSince) > options.Timeouts.Idle);
            _idle.RemoveAll(old.Contains);
        }

        await Task.WhenAll(old.Select(connection => connection.QuitAsync(cancellationToken)));
    }

    public async ValueTask DisposeAsync() => await TrimAsync(all: true, CancellationToken.None);
}
