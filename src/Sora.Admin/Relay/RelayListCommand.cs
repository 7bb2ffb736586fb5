using System.CommandLine;

namespace Sora.Admin.Relay;

/// <summary><c>relay list</c>: what waits to leave.</summary>
internal sealed class RelayListCommand : AdminCommand
{
    private const int MaxLimit = 100_000;

    private readonly RelaySelection _selection = new("Only messages", withMessage: false);
    private readonly Option<int> _limit = new("--limit") { Description = "So many recipients at most, but one message at least", HelpName = "N", DefaultValueFactory = static _ => 1000 };
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
        var filter = await _selection.FilterAsync(run, session, cancellationToken);
        var found = await session.Relay.ListAsync(filter, run.Get(_after), limit + 1, cancellationToken);
        var page = found;
        var hasMore = found.Count > limit;
        if (hasMore)
        {
            // A page ends with a whole message, also when one alone is longer than it: the next page begins after a message
            var cut = found[limit].Message;
            page = found.FindAll(entry => entry.Message != cut);
            if (page.Count == 0)
            {
                page = await session.Relay.ListAsync(filter with { Message = cut }, 0, int.MaxValue, cancellationToken);
                hasMore = (await session.Relay.ListAsync(filter, cut, 1, cancellationToken)).Count > 0;
            }
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
        if (hasMore && page.Count > 0)
            run.Say($"there are more: --after {page[^1].Message}");
        return ExitCode.Ok;
    }
}
