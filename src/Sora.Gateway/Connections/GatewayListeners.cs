using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Sora.Contracts;
using Sora.Gateway.Connections.Proxying;

namespace Sora.Gateway.Connections;

/// <summary>
/// Puts the mail protocols on Kestrel: <c>kestrel => listeners.Configure(kestrel)</c> in ConfigureKestrel, and then
/// <c>listeners.AddTransport(services)</c>. TLS, implicit or by STARTTLS, is done here and not by
/// UseHttps.
/// </summary>
public sealed class GatewayListeners : IDisposable
{
    private readonly List<Listener> _listeners = [];
    private readonly ListenerServices _shared;
    private readonly SessionsElsewhere? _elsewhere;

    /// <param name="certificates">Null: no TLS at all, and no definition may have implicit TLS.</param>
    /// <param name="news">How nodes tell each other of sessions; null for a node that counts alone.</param>
    public GatewayListeners(
        IEnumerable<ListenerDefinition> definitions,
        ConnectionOptions options,
        CertificateSource? certificates,
        GatewayMetrics metrics,
        ILogger<GatewayListeners> logger,
        TimeProvider time,
        ISessionNews? news = null)
    {
        var registry = new ConnectionRegistry();
        if (certificates is not null)
            metrics.Watch(certificates);
        if (certificates?.Exporter.Problem is { } problem)
            Log.NoExporter(logger, problem);
        _shared = new ListenerServices(
            options, certificates, metrics, logger, registry, new Drain(registry, options.DrainRate, time), new ConnectionDeadlines(time), new NetworkSet(options.TrustedNetworks), time,
            new SemaphoreSlim(options.MaxTlsRefusals));
        if (news is not null && options.CountInterval > TimeSpan.Zero && options.SmallestPerUser is > 0 and var limit)
            _elsewhere = new SessionsElsewhere(registry, news, limit, options.CountInterval, time);
        foreach (var definition in definitions)
        {
            if (definition.ImplicitTls && certificates is null)
                throw new InvalidOperationException($"{definition.Protocol.Name} on {definition.EndPoint} needs a TLS certificate");
            if (!_listeners.Exists(other => other.Definition.Protocol.Name == definition.Protocol.Name))
                metrics.ConnectionsLimit.Add(definition.Limits.MaxConnections, new KeyValuePair<string, object?>("protocol", definition.Protocol.Name));
            _listeners.Add(new Listener(definition, _shared));
        }
    }

    public Drain Drain => _shared.Drain;

    /// <summary>Connections open now, of all protocols.</summary>
    public int OpenConnections => _shared.Registry.Count;

    /// <summary>All sessions there are now.</summary>
    public IReadOnlyList<ClientConnection> Connections => _shared.Registry.Snapshot();

    /// <summary>Each listener with the address it is bound to once the server has started, in the order of the definitions.</summary>
    public IReadOnlyList<(ListenerDefinition Definition, IPEndPoint Bound)> Endpoints =>
        [.. _listeners.Select(listener => (listener.Definition, listener.Bound?.IPEndPoint ?? listener.Definition.EndPoint))];

    public void Configure(KestrelServerOptions kestrel)
    {
        foreach (var listener in _listeners)
        {
            // ListenAnyIP also works where the machine has no IPv6
            if (listener.Definition.EndPoint.Address.Equals(IPAddress.IPv6Any))
                kestrel.ListenAnyIP(listener.Definition.EndPoint.Port, listener.Bind);
            else
                kestrel.Listen(listener.Definition.EndPoint, listener.Bind);
        }
    }

    /// <summary>The sockets, with what slows down a rush after the start. Call it after Kestrel's own services are there.</summary>
    public void AddTransport(IServiceCollection services)
    {
        services.Configure<SocketTransportOptions>(Configure);
        services.AddSingleton<IConnectionListenerFactory>(provider => new ThrottledTransport(
            new SocketTransportFactory(provider.GetRequiredService<IOptions<SocketTransportOptions>>(), provider.GetRequiredService<ILoggerFactory>()),
            new AcceptRate(_shared.Options.AcceptRate, _shared.Time)));
    }

    private void Configure(SocketTransportOptions sockets)
    {
        sockets.Backlog = _shared.Options.Backlog;
        sockets.NoDelay = true;
        sockets.WaitForDataBeforeAllocatingBuffer = true;
        sockets.MaxReadBufferSize = _shared.Options.ReadBuffer.Bytes;
        sockets.MaxWriteBufferSize = _shared.Options.WriteBuffer.Bytes;
    }

    /// <summary>Serves a connection that did not come through Kestrel, as the listener at this place of the definitions would.</summary>
    internal Task ServeAsync(int listener, ConnectionContext context) => _listeners[listener].ServeAsync(context);

    /// <summary>Sessions on other nodes; null when this one counts alone.</summary>
    internal SessionsElsewhere? Elsewhere => _elsewhere;

    /// <summary>The scheduler of all timeouts.</summary>
    internal ConnectionDeadlines Deadlines => _shared.Deadlines;

    public void Dispose()
    {
        _elsewhere?.Dispose();
        _shared.Deadlines.Dispose();
        _shared.Drain.Dispose();
        _shared.TlsRefusals.Dispose();
    }
}

/// <summary>What all listeners of a process share.</summary>
internal sealed record ListenerServices(
    ConnectionOptions Options,
    CertificateSource? Certificates,
    GatewayMetrics Metrics,
    ILogger Logger,
    ConnectionRegistry Registry,
    Drain Drain,
    ConnectionDeadlines Deadlines,
    NetworkSet Trusted,
    TimeProvider Time,
    SemaphoreSlim TlsRefusals);

/// <summary>One listening socket: what happens to a connection from accept to close.</summary>
internal sealed class Listener(ListenerDefinition definition, ListenerServices shared)
{
    private int _open;

    public ConnectionInstruments Instruments { get; } = shared.Metrics.Connections(definition.Protocol.Name, definition.ImplicitTls);

    public ListenerDefinition Definition => definition;

    public ListenerServices Shared => shared;

    /// <summary>Kestrel's endpoint, which knows the port once it is bound.</summary>
    public ListenOptions? Bound { get; private set; }

    public void Bind(ListenOptions endpoint)
    {
        Bound = endpoint;
        ((IConnectionBuilder)endpoint).Run(ServeAsync);
    }

    public async Task ServeAsync(ConnectionContext context)
    {
        var isEntered = false;
        var open = Interlocked.Increment(ref _open);
        try
        {
            var refusal = shared.Drain.IsDraining ? Dismissal.Draining
                : definition.Limits.MaxConnectionsPerListener is > 0 and var most && open > most ? Dismissal.MaxConnectionsPerListener
                : shared.Registry.TryEnter(definition.Protocol.Name, definition.Limits.MaxConnections);
            isEntered = refusal is null;
            ProxyHeader? header = null;
            if (definition.ExpectsProxy && refusal is null)
                (header, refusal) = await ReadHeaderAsync(context);
            if (refusal is not null)
                Refuse(refusal, Address(context));
            KeepAlive(context);
            await ServeAsync(context, header, refusal);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
            if (isEntered)
                shared.Registry.Leave(definition.Protocol.Name);
        }
    }

    /// <summary>Counts and logs a refusal.</summary>
    public void Refuse(Dismissal refusal, IPAddress address)
    {
        Log.Refused(shared.Logger, definition.Protocol.Name, address, refusal.Reason);
        Instruments.Refused(refusal.Reason);
    }

    private async Task ServeAsync(ConnectionContext context, ProxyHeader? header, Dismissal? refusal)
    {
        var connection = new ClientConnection(context, this, header);
        refusal ??= connection.TryCount();
        if (refusal is not null)
        {
            await RefuseAsync(connection, refusal, isTlsNext: definition.ImplicitTls && (!definition.ExpectsProxy || header is not null));
            return;
        }

        Instruments.Opened();
        shared.Registry.Add(connection);
        connection.WakeIfDraining();
        try
        {
            await RunAsync(connection);
        }
        finally
        {
            await connection.FinishAsync();
            shared.Registry.Remove(connection);
            Instruments.Closed();
        }
    }

    private async ValueTask<(ProxyHeader? Header, Dismissal? Refusal)> ReadHeaderAsync(ConnectionContext context)
    {
        // A stranger's header is not even read
        if (!shared.Trusted.Contains(Address(context)))
            return (null, Dismissal.ProxyNotTrusted);
        return await ProxyHeaderReader.ReadAsync(
            context.Transport.Input, shared.Options.ProxyMaxHeader.ToInt32(), shared.Options.ProxyTimeout, shared.Time, shared.Drain.Started);
    }

    private static IPAddress Address(ConnectionContext context) => (context.RemoteEndPoint as IPEndPoint)?.Address is not { } address
        ? IPAddress.Loopback
        : address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private async Task RunAsync(ClientConnection connection)
    {
        try
        {
            if (!definition.ImplicitTls || await connection.StartTlsAsync(connection.Closed))
                await definition.Protocol.RunAsync(connection, connection.Closed);
        }
        catch (Exception e) when (connection.Closed.IsCancellationRequested || e is IOException or OperationCanceledException)
        {
            Log.ConnectionBroke(shared.Logger, definition.Protocol.Name, connection.Id, e.Message);
        }
        catch (Exception e)
        {
            Log.SessionFailed(shared.Logger, definition.Protocol.Name, connection.Id, e);
        }
    }

    // Over TLS there must be a handshake before a line can be read. It costs more than serving the client would, so few at a time get it
    private async Task RefuseAsync(ClientConnection connection, Dismissal refusal, bool isTlsNext)
    {
        var holdsSlot = isTlsNext && await shared.TlsRefusals.WaitAsync(TimeSpan.Zero);
        try
        {
            if ((!definition.ImplicitTls || holdsSlot) && (!isTlsNext || await connection.StartTlsAsync(connection.Closed)))
            {
                definition.Protocol.WriteRefusal(connection.Output, refusal);
                await connection.FlushAsync();
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            Log.ConnectionBroke(shared.Logger, definition.Protocol.Name, connection.Id, e.Message);
        }
        finally
        {
            if (holdsSlot)
                shared.TlsRefusals.Release();
            await connection.FinishAsync();
        }
    }

    private void KeepAlive(ConnectionContext context)
    {
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
            return;
        var silence = (int)shared.Options.KeepAliveTime.TotalSeconds;
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, silence);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 4);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone already: the session's first read says so
        }
    }
}
