using System.CommandLine;

namespace Sora.Admin.Cluster;

/// <summary><c>node drain</c> and <c>node resume</c>: takes a running node out of service and puts it back.</summary>
internal sealed class NodeMaintenanceCommand : AdminCommand
{
    private const int MaxSeconds = 7200;

    private readonly NodeAddress _node = new();
    private readonly Option<int> _wait = new("--wait") { Description = "So many seconds it may take", HelpName = "SECONDS", DefaultValueFactory = static _ => 120 };
    private readonly string _path;
    private readonly string _done;

    private NodeMaintenanceCommand(CommandHost host, string name, string description, string path, string done)
        : base(name, description, host)
    {
        (_path, _done) = (path, done);
        _node.AddTo(this);
        Add(_wait);
        Validators.Add(result => OptionLimits.Check(result, _wait, 1, MaxSeconds));
    }

    public static NodeMaintenanceCommand Draining(CommandHost host) => new(
        host, "drain", "Takes a node out of service: it refuses new sessions, ends the others, and its mailboxes move away", "/maintenance/enter", "the node is out of service");

    public static NodeMaintenanceCommand Resuming(CommandHost host) => new(
        host, "resume", "Puts a node back into service", "/maintenance/exit", "the node serves again");

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var answer = await _node.AskAsync(run, HttpMethod.Post, _path, TimeSpan.FromSeconds(run.Required(_wait)), cancellationToken);
        var cutOff = answer.GetProperty("cut_off").GetInt32();
        return run.Done(new { State = answer.GetProperty("state").GetString(), CutOff = cutOff }, cutOff > 0 ? $"{_done}; {cutOff} sessions had to be cut off" : _done);
    }
}
