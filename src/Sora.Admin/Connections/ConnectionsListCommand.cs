namespace Sora.Admin.Connections;

/// <summary><c>connections list</c>: who is connected, to any node.</summary>
internal sealed class ConnectionsListCommand : AdminCommand
{
    private readonly SessionSelection _selection = new("Only sessions", needsOne: false);

    public ConnectionsListCommand(CommandHost host)
        : base("list", "Lists the sessions of mail clients on all nodes, oldest first; fails when a node does not answer", host) =>
        _selection.AddTo(this);

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var answer = await _selection.AskAsync(run, session, ends: false, cancellationToken);
        SessionText.Write(run, answer);
        return answer.Silent.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }
}
