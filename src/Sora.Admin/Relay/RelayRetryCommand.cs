namespace Sora.Admin.Relay;

/// <summary><c>relay retry</c>: tries at once what waits for its next attempt.</summary>
internal sealed class RelayRetryCommand : AdminCommand
{
    private readonly RelaySelection _selection = new("The messages", withMessage: true);

    public RelayRetryCommand(CommandHost host)
        : base("retry", "Tries messages at once that wait for their next attempt", host)
    {
        _selection.AddTo(this);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        var filter = await _selection.FilterAsync(run, session, cancellationToken);
        if (await RelaySelection.MissingAsync(filter, session, cancellationToken) is { } missing)
            return run.Failed(RelayText.Missing(missing));
        var recipients = await session.Relay.RetryAsync(filter, cancellationToken);
        return run.Done(new { Recipients = recipients }, $"{CommandRun.Shown(recipients)} recipients are due now");
    }
}
