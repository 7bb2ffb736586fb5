namespace Sora.Admin.Connections;

/// <summary><c>connections kick</c>: ends sessions, on all nodes.</summary>
internal sealed class ConnectionsKickCommand : AdminCommand
{
    private readonly SessionSelection _selection = new("Sessions", needsOne: true);

    public ConnectionsKickCommand(CommandHost host)
        : base("kick", "Ends sessions of mail clients, which are told so, and lists them; fails when a node does not answer", host)
    {
        _selection.AddTo(this);
        AddConfirm();
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var answer = await _selection.AskAsync(run, session, ends: true, cancellationToken);
        SessionText.Write(run, answer);
        return answer.Silent.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }
}
