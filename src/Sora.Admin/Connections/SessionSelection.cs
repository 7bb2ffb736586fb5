using System.CommandLine;
using System.Net;
using Sora.Contracts;
using Sora.Mailstore.Sessions;

namespace Sora.Admin.Connections;

/// <summary>The options that say which sessions are meant, and how long nodes may take to answer.</summary>
internal sealed class SessionSelection
{
    private const int MaxSeconds = 600;

    private static readonly string[] Protocols = ["imap", "pop3", "lmtp", "managesieve"];

    private readonly Option<string?> _id;
    private readonly Option<string?> _user;
    private readonly Option<string?> _domain;
    private readonly Option<string?> _address;
    private readonly Option<string?> _protocol;
    private readonly Option<string?> _node;
    private readonly Option<int> _wait = new("--wait") { Description = "So many seconds nodes may take to answer", HelpName = "SECONDS", DefaultValueFactory = static _ => 5 };
    private readonly Option<bool>? _all;

    public SessionSelection(string what, bool needsOne)
    {
        _id = Text("--id", "ID", "The session of this name, as the list and the logs have it");
        _user = Text("--user", "ADDRESS", $"{what} of the account that has this address");
        _domain = Text("--domain", "DOMAIN", $"{what} of accounts of this domain");
        _address = Text("--address", "IP", $"{what} of clients with this address, or in this network, such as 192.0.2.0/24");
        _protocol = Text("--protocol", "PROTOCOL", $"{what} of this protocol: imap, pop3, lmtp or managesieve");
        _node = Text("--node", "NAME", $"{what} on this node");
        if (needsOne)
            _all = new Option<bool>("--all") { Description = "All sessions" };

        static Option<string?> Text(string name, string helpName, string description) => new(name) { Description = description, HelpName = helpName };
    }

    public void AddTo(Command command)
    {
        foreach (var option in new[] { _id, _user, _domain, _address, _protocol, _node })
            command.Add(option);
        command.Add(_wait);
        command.Validators.Add(result =>
        {
            OptionLimits.Check(result, _wait, 1, MaxSeconds);
            if (result.GetValue(_protocol) is { } protocol && !Protocols.Contains(protocol, StringComparer.Ordinal))
                result.AddError($"--protocol must be one of {string.Join(", ", Protocols)}");
            if (result.GetValue(_address) is { } address && !IPAddress.TryParse(address, out _) && !IPNetwork.TryParse(address, out _))
                result.AddError("--address must be an IP address or a network such as 192.0.2.0/24");
        });
        if (_all is null)
            return;
        command.Add(_all);
        command.Validators.Add(result =>
        {
            var isNarrow = new[] { _id, _user, _domain, _address, _protocol, _node }.Any(option => result.GetValue(option) is not null);
            if (isNarrow == result.GetValue(_all))
                result.AddError("Say which sessions: --id, --user, --domain, --address, --protocol, --node, or --all for all of them");
        });
    }

    /// <summary>Asks the nodes, and names those that have not answered.</summary>
    /// <param name="run">The command.</param>
    /// <param name="session">The database.</param>
    /// <param name="ends">End the sessions.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="AdminException">There is no such account or node.</exception>
    public async Task<SessionAnswer> AskAsync(CommandRun run, AdminSession session, bool ends, CancellationToken cancellationToken)
    {
        AccountId? account = null;
        if (run.Get(_user) is { } user)
        {
            var found = await session.Accounts.FindAsync(user, cancellationToken);
            if (!found.IsOk)
                throw new AdminException(found.Error.Text);
            account = found.Value.Summary.Id;
        }

        var filter = new SessionFilter(run.Get(_id), account, run.Get(_domain), run.Get(_address), run.Get(_protocol));
        var (node, patience) = (run.Get(_node), TimeSpan.FromSeconds(run.Get(_wait)));
        var answer = ends
            ? await session.Sessions.EndAsync(filter, node, patience, cancellationToken)
            : await session.Sessions.ListAsync(filter, node, patience, cancellationToken);
        if (answer.Nodes.Count == 0)
        {
            if (node is not null)
                throw new AdminException($"no node {node} is running");
            run.Say("no node is running");
        }

        foreach (var silent in answer.Silent)
            run.Say($"node {silent} has not answered");
        return answer;
    }
}
