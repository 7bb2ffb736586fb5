using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Sora.Configuration;
using Sora.Mailstore.Audit;

namespace Sora.Admin.Audit;

/// <summary><c>audit list</c>: who has logged in or tried to, and what administrators have done.</summary>
internal sealed class AuditListCommand : AdminCommand
{
    private static readonly string[] Kinds = [AuditEntry.Login, AuditEntry.Admin];

    private readonly Option<string?> _kind = Optional("--kind", "KIND", "Only login, or only admin");
    private readonly Option<string?> _since = Optional("--since", "TIME", "Only what was at or after this time, as in 2026-03-01, 2026-03-01T12:00Z, or 2h for two hours ago");
    private readonly Option<string?> _until = Optional("--until", "TIME", "Only what was before this time");
    private readonly Option<string?> _user = Optional("--user", "NAME", "Only of this user, or of @domain; also whom a master acted for");
    private readonly Option<string?> _network = NetworkOption.Create("Only clients in this network, or of this address");
    private readonly Option<string?> _action = Optional("--action", "WHAT", "Only this protocol, or commands that begin so");
    private readonly Option<string?> _outcome = Optional("--outcome", "OUTCOME", "Only what ended so: ok, wrong, blocked, unauthorized, unavailable, begun, failed");
    private readonly Option<int> _limit = new("--limit") { Description = "So many at most", HelpName = "N", DefaultValueFactory = static _ => 100 };
    private readonly Option<long?> _before = new("--before") { Description = "Only entries before this number: the last one of the page before", HelpName = "ID" };

    public AuditListCommand(CommandHost host)
        : base("list", "Lists logins, and what administrators have done, the newest first", host)
    {
        foreach (var option in new Option[] { _kind, _since, _until, _user, _network, _action, _outcome, _limit, _before })
            Add(option);
        Validators.Add(result =>
        {
            NetworkOption.Check(result, _network);
            OptionLimits.Check(result, _limit, 1, 1_000_000);
            CheckTime(result, _since);
            CheckTime(result, _until);
            if (result.GetValue(_kind) is { } kind && !Kinds.Contains(kind, StringComparer.Ordinal))
                result.AddError("--kind must be login or admin");
        });
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var now = DateTimeOffset.UtcNow;
        var limit = run.Get(_limit);
        var filter = new AuditFilter(
            run.Get(_kind), Time(run.Get(_since), now), Time(run.Get(_until), now), run.Get(_user)?.Trim().ToLowerInvariant(), run.Get(_network), run.Get(_action), run.Get(_outcome),
            run.Get(_before));
        var entries = await session.Audit.ListAsync(filter, limit + 1, cancellationToken);
        var hasMore = entries.Count > limit;
        if (hasMore)
            entries.RemoveAt(limit);
        if (run.WantsJson)
            run.WriteJson(entries.Select(static listed => new
            {
                listed.Id, listed.Entry.At, listed.Entry.Until, listed.Entry.Times, listed.Entry.Kind, listed.Entry.Node, User = listed.Entry.Actor, listed.Entry.Action,
                listed.Entry.Detail, Address = listed.Entry.Address?.ToString(), listed.Entry.Outcome, listed.Entry.Reason, listed.Entry.Account, listed.Entry.ActedFor,
            }));
        else
            run.WriteTable(
                ["id", "at", "times", "kind", "user", "action", "detail", "address", "outcome", "reason", "acted for"],
                entries.Select(static listed => new object?[]
                {
                    listed.Id, listed.Entry.At, listed.Entry.Times, listed.Entry.Kind, listed.Entry.Actor ?? "(unknown)", listed.Entry.Action, listed.Entry.Detail,
                    listed.Entry.Address, listed.Entry.Outcome, listed.Entry.Reason, listed.Entry.ActedFor,
                }));
        if (hasMore)
            run.Say($"there are more: --before {entries[^1].Id}");
        return ExitCode.Ok;
    }

    internal static void CheckTime(CommandResult result, Option<string?> option)
    {
        if (result.GetValue(option) is { } text && Time(text, DateTimeOffset.UnixEpoch) is null)
            result.AddError($"{option.Name} must be a time such as 2026-03-01, 2026-03-01T12:00Z or 2h");
    }

    /// <summary>A point in time, in UTC where it says nothing else, or so long before now.</summary>
    internal static DateTimeOffset? Time(string? text, DateTimeOffset now)
    {
        if (text is null)
            return null;
        if (Duration.TryParse(text, out var ago) && ago < now - DateTimeOffset.MinValue)
            return now - ago;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;
    }
}
