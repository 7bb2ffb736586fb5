using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sora.Histories.Wire;
using Sora.Mailstore.Storage.Embedded;
using Sora.Testing;
using Sora.Testing.S3;

namespace Sora.Histories.Nodes;

/// <summary>Real processes: PostgreSQL, nodes of Sora, and where asked for an S3 server, HAProxy and a network for each node.</summary>
public sealed class Topology : IAsyncDisposable
{
    private static readonly string[] HaproxyListeners = ["IMAP", "LMTP"];
    private static readonly TimeSpan RestartPatience = TimeSpan.FromMinutes(2);

    private readonly TopologyOptions _options;
    private readonly TempFolder _folder = new();
    private readonly List<NodeProcess> _nodes = [];
    private readonly List<NodeProcess> _reached = [];
    private readonly List<Forwarder> _forwarders = [];
    private readonly Dictionary<NodeProcess, int> _proxyPorts = [];
    private EmbeddedPostgres? _database;
    private NodeNetwork? _network;
    private RadosGateway? _s3;
    private Haproxy? _haproxy;

    private Topology(TopologyOptions options) => _options = options;

    /// <summary>All nodes; of a cluster the mailstores first.</summary>
    public IReadOnlyList<NodeProcess> Nodes => _nodes;

    /// <summary>Those that mail clients reach, also past HAProxy.</summary>
    public IReadOnlyList<NodeProcess> Reached => _reached;

    /// <summary>Where mail clients connect: the nodes, or HAProxy.</summary>
    public IReadOnlyList<Endpoint> Imap => _haproxy is null ? [.. _reached.Select(static node => node.Imap)] : [Proxy("IMAP")];

    /// <summary>Where mail is delivered, always on every node that takes it.</summary>
    public IReadOnlyList<Endpoint> Lmtp => [.. _reached.Select(static node => node.Lmtp)];

    /// <summary>The database that all nodes use.</summary>
    public PostgresAddress Database => _database!.Address;

    public IReadOnlyList<string> Users { get; private set; } = [];

    /// <summary>The process of PostgreSQL, whose children serve connections.</summary>
    public int? DatabasePid => _database?.ServerPid;

    /// <summary>An account for measurements, which no load uses.</summary>
    public const string Probe = "probe@example.com";

    /// <summary>HAProxy chooses by the client's address.</summary>
    public bool ChoosesByAddress => _haproxy is not null;

    /// <exception cref="PlatformNotSupportedException">One line that says what this machine lacks for it.</exception>
    /// <exception cref="InvalidOperationException">A program did not start; the message has what it said.</exception>
    public static async Task<Topology> StartAsync(TopologyOptions options)
    {
        if (options.S3 && RadosGateway.Missing is { } noS3)
            throw new PlatformNotSupportedException(noS3);
        if (options.Haproxy && Haproxy.Missing is { } noHaproxy)
            throw new PlatformNotSupportedException(noHaproxy);
        if (options is { Haproxy: true, Networks: true })
            throw new PlatformNotSupportedException("HAProxy runs on loopback, where nodes with networks of their own are not");
        var topology = new Topology(options);
        try
        {
            await topology.StartAsync();
            return topology;
        }
        catch
        {
            await topology.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends PostgreSQL without a checkpoint, cutting all connections; returns when it runs again.</summary>
    public async Task RestartDatabaseAsync()
    {
        var before = _database!.Restarts;
        Signals.Quit(_database.ServerPid!.Value);
        await Eventually.WaitAsync(() => _database.Restarts > before && _database.ServerPid is not null, RestartPatience, "PostgreSQL runs again");
    }

    public async ValueTask DisposeAsync()
    {
        if (_haproxy is not null)
            await _haproxy.DisposeAsync();
        await Task.WhenAll(_nodes.Select(async static node => await node.DisposeAsync()));
        foreach (var forwarder in _forwarders)
            await forwarder.DisposeAsync();
        if (_s3 is not null)
            await _s3.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
        if (_network is not null)
            await _network.DisposeAsync();
        _folder.Dispose();
    }

    private async Task StartAsync()
    {
        // Without fsync only the machine's death loses commits; but PostgreSQL's own death must lose none
        var options = new EmbeddedPostgresOptions { Durable = _options.Durable, MaxConnections = 300, Settings = ["synchronous_commit = on", .. _options.DatabaseSettings] };
        if (_options.Networks)
            _network = await NodeNetwork.CreateAsync();
        _database = await EmbeddedPostgres.StartAsync(options, _folder.File("database"));
        var settings = await SettingsAsync();

        // The first one makes the schema
        for (var i = 0; i < _options.FullNodes; i++)
            await AddAsync(string.Create(CultureInfo.InvariantCulture, $"node{i + 1}"), settings, isReached: true);
        for (var i = 0; i < _options.Mailstores; i++)
            await AddAsync(string.Create(CultureInfo.InvariantCulture, $"mailstore{i + 1}"), settings, isReached: false, "mailstore");
        for (var i = 0; i < _options.Gateways; i++)
            await AddAsync(string.Create(CultureInfo.InvariantCulture, $"gateway{i + 1}"), settings, isReached: true, "gateway");
        if (_options.Haproxy)
        {
            _haproxy = await Haproxy.StartAsync(_reached.Select(node => HaproxyListeners.Select((name, i) => (name, port: _proxyPorts[node] + i))
                .ToDictionary(static one => one.name, static one => one.port, StringComparer.Ordinal)).ToList());
            await Eventually.WaitAsync(async () =>
                (await _haproxy.ChecksAsync()).Where(static check => check.Listener == "imap").All(static check => check.Check == "L7OK"));
        }

        await CreateUsersAsync();
    }

    private async Task AddAsync(string name, List<string> settings, bool isReached, string? role = null)
    {
        var link = _network is null ? null : await _network.ConnectAsync();
        List<string> own = [.. settings];
        if (role is not null)
        {
            var ports = FreePort.NextRange(2);
            own.AddRange([
                $"node.roles=[\"{role}\"]", "cluster.enabled=true", "cluster.cluster_id=history", $"cluster.advertised_address={link?.Address ?? IPAddress.Loopback}",
                string.Create(CultureInfo.InvariantCulture, $"cluster.silo_port={ports}"), string.Create(CultureInfo.InvariantCulture, $"cluster.gateway_port={ports + 1}"),
            ]);
        }

        var proxyPorts = 0;
        if (_options.Haproxy && isReached)
        {
            proxyPorts = FreePort.NextRange(HaproxyListeners.Length);
            own.Add("connections.trusted_networks=127.0.0.1/32");
            own.AddRange(HaproxyListeners.Select((listener, i) =>
                string.Create(CultureInfo.InvariantCulture, $"{listener.ToLowerInvariant()}.proxy_listen=127.0.0.1:{proxyPorts + i}")));
        }

        var node = new NodeProcess(name, own, link) { Build = _options.Build };
        _nodes.Add(node);
        _proxyPorts[node] = proxyPorts;
        if (isReached)
            _reached.Add(node);
        await node.StartAsync();
    }

    private async Task<List<string>> SettingsAsync()
    {
        var address = _database!.Address;
        var (host, port) = (address.SocketFolder, address.Port);
        if (_network is not null)
        {
            // A Unix socket would be reached through a cut
            host = _network.Address.ToString();
            port = Forward(new UnixDomainSocketEndPoint(string.Create(CultureInfo.InvariantCulture, $"{address.SocketFolder}/.s.PGSQL.{address.Port}")));
        }

        List<string> settings =
        [
            "database.embedded=false", $"database.hosts={host}", string.Create(CultureInfo.InvariantCulture, $"database.port={port}"),
            $"database.name={address.Database}", $"database.user={address.User}", "storage.staging=database", "imap.allow_plaintext_auth=true", "lmtp.trusted_networks=[\"127.0.0.0/8\",\"198.18.0.0/15\"]",
        ];
        if (!_options.S3)
        {
            settings.Add($"storage.bodies_folder={_folder.File("bodies")}");
        }
        else
        {
            _s3 = await RadosGateway.StartAsync();
            var bucket = new S3Bucket(_s3.Endpoint, "history");
            await bucket.Client.PutBucketAsync(bucket.Name);
            var endpoint = _network is null ? _s3.Endpoint
                : string.Create(CultureInfo.InvariantCulture, $"http://{_network.Address}:{Forward(new IPEndPoint(IPAddress.Loopback, _s3.Port))}");
            settings.AddRange([
                "storage.object_store=s3", $"s3.endpoint={endpoint}", "s3.allow_http=true", $"s3.bucket={bucket.Name}", "s3.region=us-east-1", "s3.addressing=path",
                $"s3.access_key={RadosGateway.AccessKey}", $"s3.secret_key={RadosGateway.SecretKey}",
            ]);
        }

        settings.AddRange(_options.Settings);
        return settings;
    }

    private int Forward(EndPoint target)
    {
        var forwarder = new Forwarder(_network!.Address, target);
        _forwarders.Add(forwarder);
        return forwarder.Port;
    }

    private Endpoint Proxy(string listener) => new("haproxy", new IPEndPoint(IPAddress.Loopback, _haproxy!.Port(listener)));

    private async Task CreateUsersAsync()
    {
        var address = _database!.Address;
        Users = [.. Enumerable.Range(1, _options.Users).Select(static number => string.Create(CultureInfo.InvariantCulture, $"user{number}@example.com"))];
        var file = _folder.File("accounts.tsv");
        await File.WriteAllLinesAsync(file, Users.Append(Probe).Select(user => $"{user}\t{_options.Password}"));
        await Command.RunAsync(
            "dotnet", _options.Build.SoraAdmin, "accounts", "create", "--from-file", file, "--data", _folder.File("admin"), "--set", "passwords.bcrypt_cost=4",
            "--set", "database.embedded=false", "--set", $"database.hosts={address.SocketFolder}", "--set", string.Create(CultureInfo.InvariantCulture, $"database.port={address.Port}"),
            "--set", $"database.name={address.Database}", "--set", $"database.user={address.User}");
    }
}
