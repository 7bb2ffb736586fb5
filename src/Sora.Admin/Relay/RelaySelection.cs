using System.CommandLine;
using Sora.Contracts;
using Sora.Mailstore.Relay;

namespace Sora.Admin.Relay;

/// <summary>The options that say which messages of the queue are meant.</summary>
internal sealed class RelaySelection
{
    private readonly Option<long?>? _id;
    private readonly Option<bool>? _all;
    private readonly Option<string?> _email;
    private readonly Option<string?> _recipient;
    private readonly Option<string?> _sender;
    private readonly Option<RelayKind?> _kind;

    public RelaySelection(string what, bool withMessage)
    {
        if (withMessage)
        {
            _id = new Option<long?>("--id") { Description = "The message of this number", HelpName = "ID" };
            _all = new Option<bool>("--all") { Description = "All messages" };
        }

        _email = new Option<string?>("--email") { Description = $"{what} of the account that has this address", HelpName = "ADDRESS" };
        _recipient = new Option<string?>("--recipient") { Description = $"{what} to this address, or to @domain", HelpName = "ADDRESS" };
        _sender = new Option<string?>("--sender") { Description = $"{what} with this sender, or of @domain; \"<>\" for those without one", HelpName = "ADDRESS" };
        _kind = new Option<RelayKind?>("--kind") { Description = $"{what} that leave for this reason: redirect, vacation, report or notify", HelpName = "KIND" };
    }

    public void AddTo(Command command)
    {
        if (_id is not null)
            command.Add(_id);
        command.Add(_email);
        command.Add(_recipient);
        command.Add(_sender);
        command.Add(_kind);
        if (_all is null)
            return;
        command.Add(_all);
        command.Validators.Add(result =>
        {
            var isNarrow = result.GetValue(_id!) is not null || result.GetValue(_email) is not null || result.GetValue(_recipient) is not null
                || result.GetValue(_sender) is not null || result.GetValue(_kind) is not null;
            if (isNarrow == result.GetValue(_all))
                result.AddError("Say which messages: --id, --email, --recipient, --sender, --kind, or --all for all of them");
        });
    }

    /// <summary>The message that was named, when it is not there; who names one wants to hear that.</summary>
    public static async Task<long?> MissingAsync(RelayFilter filter, AdminSession session, CancellationToken cancellationToken) =>
        filter.Message is { } message && (await session.Relay.ListAsync(new RelayFilter(message), 0, 1, cancellationToken)).Count == 0 ? message : null;

    /// <exception cref="AdminException">There is no such account.</exception>
    public async Task<RelayFilter> FilterAsync(CommandRun run, AdminSession session, CancellationToken cancellationToken)
    {
        var filter = new RelayFilter(
            _id is null ? null : run.Get(_id), null, run.Get(_recipient), run.Get(_sender) is { } sender ? sender.TrimStart('<').TrimEnd('>') : null, run.Get(_kind));
        if (run.Get(_email) is not { } email)
            return filter;

        // Also a deleted account may have left something in the queue
        var found = await session.Accounts.FindAsync(email, cancellationToken);
        return found.IsOk ? filter with { Account = found.Value.Summary.Id } : throw new AdminException(found.Error.Text);
    }
}
