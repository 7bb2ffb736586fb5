namespace Sora.Admin.Relay;

/// <summary><c>relay delete</c>: takes messages out of the queue.</summary>
internal sealed class RelayDeleteCommand : AdminCommand
{
    private readonly RelaySelection _selection = new("The messages", withMessage: true);

    public RelayDeleteCommand(CommandHost host)
        : base("delete", "Takes messages out of the queue; their senders are not told", host)
    {
        _selection.AddTo(this);
        AddConfirm();
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        var filter = await _selection.FilterAsync(run, session, cancellationToken);
        if (await RelaySelection.MissingAsync(filter, session, cancellationToken) is { } missing)
            return run.Failed(RelayText.Missing(missing));
        var recipients = await session.Relay.DeleteAsync(filter, cancellationToken);
        return run.Done(new { Recipients = recipients }, $"{CommandRun.Shown(recipients)} recipients were deleted");
    }
}
