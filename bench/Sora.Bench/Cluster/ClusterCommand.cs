using System.CommandLine;

namespace Sora.Bench.Cluster;

/// <summary>sora-bench cluster: real nodes under load while things happen to them, and whether what clients were told keeps the rules of IMAP.</summary>
internal static class ClusterCommand
{
    public static Command Create()
    {
        var fullNodes = With("--nodes", "Nodes that do everything, on one database, without Orleans; 0 for a cluster", 2);
        var mailstores = With("--mailstores", "Mailstores of a cluster", 3);
        var gateways = With("--gateways", "Gateways of a cluster", 2);
        var haproxy = With("--haproxy", "HAProxy between clients and nodes", false);
        var s3 = With("--s3", "Bodies in an S3 server (radosgw)", false);
        var durable = With("--durable", "PostgreSQL waits for the disk", true);
        var settings = With<string[]>("--set", "A setting of all nodes, section.key=value", []);
        var seconds = With("--seconds", "How long the load lasts, without the time that faults take", 60);
        var clients = With("--clients", "IMAP clients", 50);
        var users = With("--users", "Accounts that they share", 12);
        var deliverers = With("--deliverers", "LMTP sessions on each node", 2);
        var pause = With("--pause", "Longest pause of an IMAP client between commands, in milliseconds", 20);
        var deliveryPause = With("--delivery-pause", "Pause of an LMTP session between messages, in milliseconds", 20);
        var patience = With("--patience", "Longest wait of a client for an answer before it goes to another node, in seconds", 30);
        var faults = With("--faults", "What happens, one after the other: kill, terminate, stop, postgres, cut; of a certain node as kill:gateway1; empty for nothing", "kill,stop,postgres");
        var lasting = With("--fault-seconds", "How long stop and cut last", 5);
        var idle = With("--idle", "Deliveries through one node of which a client in IDLE on another hears, before the load; 0 for none", 200);
        var throughput = With("--throughput", "Instead of all that: what the nodes carry, so many seconds for each kind of load; 0 for no such measurement", 0);
        var warmUp = With("--warm-up", "How long each kind of load is on before it is measured, in seconds", 60);
        var sessions = With("--sessions", "Clients at once when it is measured what the nodes carry", 50);
        var repetitions = With("--repeat", "How often each kind of load is measured, one right after the other", 1);
        var besideOne = With("--beside-one", "Measures one full node too, in turns, each once the other has done what it put off", false);
        var loads = With<string[]>("--loads", "Kinds of load that are measured: small, large (deliveries), commands", Throughput.Loads);
        loads.AcceptOnlyFromAmong(Throughput.Loads);
        loads.AllowMultipleArgumentsPerToken = true;
        var statements = With("--statements", "Shows what PostgreSQL spends its time on (extension pg_stat_statements)", false);
        var seed = With("--seed", "Seed of all chance", 1);
        var command = new Command("cluster", "Load on several real nodes while processes die, and a check of all that clients were told")
        {
            fullNodes, mailstores, gateways, haproxy, s3, durable, settings, seconds, clients, users, deliverers, pause, deliveryPause, patience, faults, lasting, idle, throughput, warmUp, sessions, repetitions, besideOne, loads, statements, seed,
        };
        command.SetAction(async (options, token) =>
        {
            try
            {
                var isCluster = options.GetValue(fullNodes) == 0;
                return await new ClusterRun
                {
                    Topology = new()
                    {
                        FullNodes = options.GetValue(fullNodes),
                        Mailstores = isCluster ? options.GetValue(mailstores) : 0,
                        Gateways = isCluster ? options.GetValue(gateways) : 0,
                        Haproxy = options.GetValue(haproxy),
                        S3 = options.GetValue(s3),
                        Durable = options.GetValue(durable),
                        Settings = options.GetValue(settings)!,
                        Users = options.GetValue(users),
                    },
                    Load = new()
                    {
                        Clients = options.GetValue(clients),
                        DeliverersEach = options.GetValue(deliverers),
                        Pause = TimeSpan.FromMilliseconds(options.GetValue(pause)),
                        DeliveryPause = TimeSpan.FromMilliseconds(options.GetValue(deliveryPause)),
                        Patience = TimeSpan.FromSeconds(options.GetValue(patience)),
                        Seed = options.GetValue(seed),
                    },
                    Faults = ClusterRun.ParseFaults(options.GetValue(faults)!),
                    Lasting = TimeSpan.FromSeconds(options.GetValue(lasting)),
                    Seconds = options.GetValue(seconds),
                    IdleRounds = options.GetValue(idle),
                    Throughput = new()
                    {
                        Duration = TimeSpan.FromSeconds(options.GetValue(throughput)),
                        WarmUp = TimeSpan.FromSeconds(options.GetValue(warmUp)),
                        Repetitions = options.GetValue(repetitions),
                        BesideOne = options.GetValue(besideOne),
                        Sessions = options.GetValue(sessions),
                        Loads = options.GetValue(loads)!.ToHashSet(StringComparer.Ordinal),
                        ShowsStatements = options.GetValue(statements),
                    },
                }.RunAsync(token);
            }
            catch (Exception exception) when (exception is PlatformNotSupportedException or InvalidOperationException or TimeoutException or BenchException or IOException)
            {
                await Console.Error.WriteLineAsync($"cluster: {exception.Message}");
                return 1;
            }
        });
        return command;
    }

    private static Option<T> With<T>(string name, string description, T value) => new(name) { Description = description, DefaultValueFactory = _ => value };
}
