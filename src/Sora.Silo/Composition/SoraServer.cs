using System.Diagnostics;
using System.Net;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Storage;
using Sora.Silo.Configuration;
using Sora.Silo.Http;
using Sora.Silo.Metrics;

namespace Sora.Silo.Composition;

/// <summary>
/// A whole node. It starts from the inside out (HTTP for probes, PostgreSQL, the engine, the sockets) and stops from the outside in: sessions
/// end, then what they wrote is finished, then the database goes.
/// </summary>
internal sealed class SoraServer : IAsyncDisposable
{
    private readonly Parts _parts;
    private readonly ILogger _logger;
    private readonly Readiness _readiness;
    private readonly CancellationTokenSource _hurry = new();
    private GatewayParts? _gateway;

    private SoraServer(Parts parts, ILogger logger, Readiness readiness)
    {
        _parts = parts;
        _logger = logger;
        _readiness = readiness;
    }

    /// <summary>Ports that are open, by name.</summary>
    public IReadOnlyDictionary<string, int> Ports { get; private set; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>The account of node.first_account.</summary>
    public FirstAccount? FirstAccount { get; private set; }

    /// <summary>Starts everything; when something cannot be started, stops what was.</summary>
    /// <exception cref="StartException">An operator can act on it.</exception>
    /// <exception cref="OperationCanceledException">It was told to stop before it was ready.</exception>
    public static async Task<SoraServer> StartAsync(SoraOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var logger = loggers.CreateLogger("Sora");
        var server = new SoraServer(new Parts(logger), logger, new Readiness());
        try
        {
            await server.RunStartAsync(options, loggers, time, cancellationToken);
            return server;
        }
        catch (Exception e)
        {
            await server.DisposeAsync();
            if (e is DatabaseException)
                throw new StartException(e.Message, e);
            throw;
        }
    }

    /// <summary>Looks after files of certificates now.</summary>
    public void CheckCertificates() => _gateway?.Certificates?.Check();

    /// <summary>Cuts off the sessions that a stop in progress still waits for.</summary>
    public void Hurry()
    {
        try
        {
            _hurry.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // A signal that came when all was over
        }
    }

    public async ValueTask DisposeAsync()
    {
        _readiness.Draining();
        await _parts.DisposeAsync();
        _hurry.Dispose();
    }

    private async Task RunStartAsync(SoraOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var data = MakeDataFolder(options.Node.Data);
        var node = options.Node.EffectiveName;
        Log.Starting(_logger, ProgramVersion.Text, node, Environment.ProcessId, data);
        if (SiteCheck.Problems(options) is { Length: > 0 } problems)
            throw new StartException(string.Join("; ", problems));
        _parts.AddDisposable("Metrics of the node", new NodeMetrics(() => _readiness.IsReady, time));
        var metrics = options.Metrics.Enabled ? _parts.AddDisposable("Metrics", new MetricsPipeline(options.Metrics, node)) : null;
        if (options.Tracing.OtlpEndpoint is { } collector)
            _parts.AddDisposable("Traces", new TracePipeline(collector, options.Tracing, node));
        Database? database = null;
        BodyHost? bodies = null;
        var checks = HealthChecks.Of(() => Volatile.Read(ref database), () => Volatile.Read(ref bodies), data, options.Health.MinFreeSpace);
        var token = new AdminToken(options.Http.Token);
        var control = new NodeControl(options, token, _readiness, _logger);
        var dashboard = Dashboard.Of(options, token, _logger);
        var http = _parts.Add(
            "HTTP", await AdminHttp.StartAsync(options.Http, options.Health, _readiness, checks, metrics, control, dashboard, loggers, cancellationToken));
        Volatile.Write(ref database, await MailstoreParts.OpenDatabaseAsync(options, data, _parts, loggers, cancellationToken));
        var identity = IdentityParts.Start(options.Auth, _parts, loggers, time);
        var mailstore = await MailstoreParts.StartAsync(options, data, database, identity.Lookup, _parts, loggers, time, cancellationToken);
        Volatile.Write(ref bodies, mailstore.Bodies);
        (mailstore, var cluster) = await ClusterParts.JoinAsync(options, database, mailstore, dashboard, _parts, loggers, time, cancellationToken);
        if (options.Node.FirstAccount is { } address)
            FirstAccount = await FirstAccount.EnsureAsync(address, data, mailstore.Accounts, mailstore.Administration, _logger, cancellationToken);
        RelayParts.Start(options, mailstore, _parts, loggers, time);
        if (options.Node.IsGateway)
        {
            _gateway = await GatewayParts.StartAsync(options, data, mailstore, identity, _parts, loggers, time, cancellationToken);
            await AcmeParts.StartAsync(options, mailstore, _parts, loggers, time, cancellationToken);
        }

        if (options.Node.TrimWhenIdle)
            _parts.Add("Memory given back when idle", new IdleMemory(time));
        if (_gateway is { } gateway)
            _parts.AtStop("Sessions", () => DrainAsync(gateway, options.Connections.DrainTimeout));
        var maintenance = _parts.AddDisposable("Maintenance of this node", new Maintenance(_readiness, _gateway, cluster, options.Connections.DrainTimeout, _logger, _hurry.Token));
        control.Attach(cluster, maintenance, () => _gateway?.Listeners.OpenConnections ?? 0);
        Ports = OpenPorts(_gateway, http);
        cancellationToken.ThrowIfCancellationRequested();
        _readiness.Ready();
        Log.Ready(_logger, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private async ValueTask DrainAsync(GatewayParts gateway, TimeSpan timeout)
    {
        Log.Draining(_logger, gateway.Listeners.OpenConnections, timeout);
        var cutOff = await gateway.Listeners.Drain.BeginAsync(timeout, _hurry.Token);
        if (cutOff > 0)
            Log.CutOff(_logger, cutOff);
    }

    private Dictionary<string, int> OpenPorts(GatewayParts? gateway, AdminHttp http)
    {
        var ports = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (definition, bound) in gateway?.Listeners.Endpoints ?? [])
            Add(definition.Protocol.Name + (definition.ImplicitTls ? "s" : ""), bound);
        foreach (var bound in http.Endpoints)
            Add("admin", bound);
        return ports;

        // The first of several listeners of a protocol is the one that scripts are told of
        void Add(string name, IPEndPoint bound)
        {
            Log.Listening(_logger, name, bound);
            ports.TryAdd(name, bound.Port);
        }
    }

    private static string MakeDataFolder(string name)
    {
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(name));
        try
        {
            // Others may pass through: the private PostgreSQL runs as another user when Sora runs as root
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"node.data: {e.Message}", e);
        }
    }
}
