using System.CommandLine;
using Sora.Mailstore.Storage;

namespace Sora.Admin.Cluster;

/// <summary><c>cluster nodes</c>: the mailstores, as the database has them.</summary>
internal sealed class ClusterNodesCommand : AdminCommand
{
    private const int Connections = 2;

    private readonly Option<string> _cluster = new("--cluster") { Description = "cluster.cluster_id", HelpName = "ID", DefaultValueFactory = static _ => "sora" };
    private readonly Option<string> _schema = new("--schema") { Description = "cluster.schema", HelpName = "NAME", DefaultValueFactory = static _ => "orleans" };
    private readonly Option<bool> _all = Flag("--all", "Also those that are gone");

    public ClusterNodesCommand(CommandHost host)
        : base("nodes", "Lists the mailstores of the cluster, those that were started last first", host)
    {
        Add(_cluster);
        Add(_schema);
        Add(_all);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var database = await AdminDatabase.OpenAsync(run, run.LoadOptions(), cancellationToken);
        await using var pool = database.Database.CreateMemberPool(null, run.Required(_schema), Connections, null);
        var members = await MemberStore.ReadAsync(pool, run.Required(_cluster), run.Get(_all), cancellationToken);
        if (run.WantsJson)
        {
            run.WriteJson(members);
            return ExitCode.Ok;
        }

        run.WriteTable(
            ["Node", "Address", "Port", "Gateway port", "Status", "Started", "Alive"],
            members.Select(static member =>
                new object?[] { member.Name, member.Address, member.Port, member.GatewayPort, member.Status, member.StartedAt, member.AliveAt }));
        return ExitCode.Ok;
    }
}
