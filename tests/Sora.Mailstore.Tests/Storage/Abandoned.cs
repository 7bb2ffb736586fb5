using Sora.Mailstore.Storage.Embedded;

namespace Sora.Mailstore.Tests.Storage;

/// <summary>What a program leaves behind that was killed: a running server, its record, and no locks.</summary>
internal sealed class Abandoned : IAsyncDisposable
{
    private readonly PostgresServer _server;

    private Abandoned(PostgresServer server)
    {
        _server = server;
    }

    public int Pid => _server.Pid;

    public static async Task<Abandoned> StartAsync(EmbeddedPostgresOptions options, string dataFolder)
    {
        PostgresAddress address;
        await using (var postgres = await EmbeddedPostgres.StartAsync(options, dataFolder))
            address = postgres.Address;
        var cluster = new PostgresCluster(options, dataFolder);
        Posix.MakePrivateFolder(address.SocketFolder, cluster.User);
        var server = await PostgresServer.StartAsync(cluster, address.SocketFolder, TimeSpan.FromSeconds(30), CancellationToken.None);
        address.Write(dataFolder);
        return new Abandoned(server);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(TimeSpan.FromSeconds(10));
        _server.Dispose();
    }
}
