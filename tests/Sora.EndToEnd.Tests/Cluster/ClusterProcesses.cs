#if ORLEANS
using System.Globalization;
using Sora.EndToEnd.Tests.Servers;
using Sora.Mailstore.Storage.Embedded;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Cluster;

/// <summary>A cluster of real processes on one database: mailstores, and gateways in front of them.</summary>
internal sealed class ClusterProcesses : IAsyncDisposable
{
    public const string Password = "secret";

    private readonly TempFolder _bodies = new();
    private readonly List<SoraProcess> _mailstores = [];
    private readonly List<SoraProcess> _gateways = [];

    public IReadOnlyList<SoraProcess> Mailstores => _mailstores;

    public IReadOnlyList<SoraProcess> Gateways => _gateways;

    /// <summary>Starts the nodes, all at once: a gateway waits for the first mailstore.</summary>
    /// <param name="mailstores">How many.</param>
    /// <param name="gateways">How many.</param>
    /// <param name="settings">Of all nodes, each "section.key=value".</param>
    public static async Task<ClusterProcesses> StartAsync(int mailstores, int gateways, params string[] settings)
    {
        var cluster = new ClusterProcesses();
        try
        {
            var database = await PostgresFixture.CreateEmptyAddressAsync();
            var ports = FreePort.NextRange(mailstores * 2);
            var starts = new List<Task<SoraProcess>>();
            for (var i = 0; i < mailstores + gateways; i++)
                starts.Add(SoraProcess.StartAsync([.. cluster.Common(database), .. i < mailstores ? Mailstore(i, ports + (i * 2)) : Gateway(i - mailstores), .. settings]));

            // Those that have started are to be ended when one does not
            await ((Task)Task.WhenAll(starts)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            for (var i = 0; i < starts.Count; i++)
            {
                if (starts[i].IsCompletedSuccessfully)
                    (i < mailstores ? cluster._mailstores : cluster._gateways).Add(await starts[i]);
            }

            await Task.WhenAll(starts);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _gateways.Concat(_mailstores))
            await node.DisposeAsync();
        _bodies.Dispose();
    }

    private static string[] Mailstore(int number, int port) =>
    [
        Text($"node.name=store{number}"),
        "node.roles=mailstore",
        "cluster.advertised_address=127.0.0.1",
        Text($"cluster.silo_port={port}"),
        Text($"cluster.gateway_port={port + 1}"),
    ];

    private static string[] Gateway(int number) => [Text($"node.name=gateway{number}"), "node.roles=gateway"];

    private string[] Common(PostgresAddress database) =>
    [
        "cluster.enabled=true",
        "cluster.call_timeout=35s",
        "database.embedded=false",
        $"database.hosts={database.SocketFolder}",
        Text($"database.port={database.Port}"),
        $"database.name={database.Database}",
        $"database.user={database.User}",
        "storage.staging=database",
        $"storage.bodies_folder={_bodies.Path}",
    ];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
#endif
