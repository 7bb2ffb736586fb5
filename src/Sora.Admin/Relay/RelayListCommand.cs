using System.CommandLine;

namespace Sora.Admin.Relay;

/// <summary><c>relay list</c>: what waits to leave.</summary>
internal sealed class RelayListCommand : AdminCommand
{
    private const int MaxLimit = 100_000;

    private readonly RelaySelection _selection = new("Only messages", withMessage: false);
    private readonly Option<int> _limit = new("--limit") { Description = "At most so many recipients", HelpName = "N", DefaultValueFactory = static _ => 1000 };
    private readonly Option<long> _after = new("--after") { Description = "Only messages after this number: the last one of the page before", HelpName = "ID" };

    public RelayListCommand(CommandHost host)
        : base("list", "Lists what waits to leave, oldest first, a line for each recipient", host)
    {
        _selection.AddTo(this);
        Add(_limit);
        Add(_after);
        Validators.Add(result => OptionLimits.Check(result, _limit, 1, MaxLimit));
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var limit = run.Get(_limit);
        var found = await session.Relay.ListAsync(await _selection.FilterAsync(run, session, cancellationToken), run.Get(_after), limit + 1, cancellationToken);

        // A page ends with a whole message, unless one alone is longer than it
        var page = found;
        if (found.Count > limit)
        {
            var whole = found.FindAll(entry => entry.Message != found[limit].Message);
            page = whole.Count > 0 ? whole : found.GetRange(0, limit);
        }

        if (run.WantsJson)
            run.WriteJson(page.Select(RelayText.Json));
        else
            run.WriteTable(
                ["id", "queued", "account", "kind", "sender", "recipient", "size", "attempts", "next attempt", "last reply"],
                page.Select(static entry => new object?[]
                {
                    entry.Message, entry.QueuedAt, entry.PrimaryAddress, RelayText.Name(entry.Kind), $"<{entry.Sender}>", entry.Recipient, entry.Size, entry.Attempts,
                    entry.IsSending ? "now" : entry.NextAttempt, entry.LastReply,
                }));
        if (page.Count < found.Count)
            run.Say($"there are more: --after {page[^1].Message}");
        return ExitCode.Ok;
    }
}
