using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sora.Contracts;

namespace Sora.Admin.Cluster;

/// <summary><c>cluster where</c>: which mailstore has a mailbox now.</summary>
internal sealed class ClusterWhereCommand : AdminCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Option<string> _user = Required("--user", "ADDRESS", "An address of the account");
    private readonly Option<string> _mailbox = new("--mailbox") { Description = "The mailbox", HelpName = "NAME", DefaultValueFactory = static _ => "INBOX" };
    private readonly NodeAddress _node = new();

    public ClusterWhereCommand(CommandHost host)
        : base("where", "Says which mailstore hosts a mailbox now; a running node is asked", host)
    {
        Add(_user);
        Add(_mailbox);
        _node.AddTo(this);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var name = MailboxName.Parse(run.Required(_mailbox));
        if (!name.IsOk)
            return run.Failed(name.Error);
        MailboxId id;
        await using (var session = await AdminSession.ReadAsync(run, cancellationToken))
        {
            var account = await session.MailboxesAsync(run.Required(_user), cancellationToken);
            if (!account.IsOk)
                return run.Failed(account.Error);
            if ((await account.Value.Account.ListAsync(cancellationToken)).Find(name.Value) is not { } mailbox)
                return run.Failed(MailError.NoSuchMailbox());
            id = mailbox.Id;
        }

        var path = string.Create(CultureInfo.InvariantCulture, $"/cluster/where?mailbox={id.Value}");
        var answer = await _node.AskAsync(run, HttpMethod.Get, path, Patience, cancellationToken);
        var (host, address) = (Text(answer, "node"), Text(answer, "address"));
        var port = answer.TryGetProperty("port", out var number) && number.ValueKind == JsonValueKind.Number ? number.GetInt32() : (int?)null;
        var where = address is null
            ? "no mailstore: it is opened where it is next asked for"
            : string.Create(CultureInfo.InvariantCulture, $"{host ?? "a mailstore"} ({address}:{port})");
        return run.Done(new { Mailbox = id.Value, Node = host, Address = address, Port = port }, $"mailbox {id.Value} is on {where}");
    }

    private static string? Text(JsonElement answer, string property) =>
        answer.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
