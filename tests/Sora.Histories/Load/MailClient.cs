using System.Globalization;
using Sora.Histories.Wire;

namespace Sora.Histories.Load;

/// <summary>
/// One mail client: selects a mailbox, stores, copies, moves, expunges, fetches, waits; then the next mailbox. It has a keyword of its own, which nobody else changes. When
/// its connection is lost it goes to the next node.
/// </summary>
internal sealed class MailClient
{
    private const string Items = "(UID FLAGS MODSEQ BODY.PEEK[HEADER.FIELDS (" + HistoryMail.Field + ")])";

    private static readonly string[] SharedFlags = ["\\Seen", "\\Flagged", "\\Answered", "$shared"];

    private readonly ClientLoad _load;
    private readonly int _number;
    private readonly IReadOnlyList<Endpoint> _endpoints;
    private readonly LoadOptions _options;
    private readonly Random _random;
    private readonly HashSet<(string Mailbox, uint Uid)> _doubtful = [];
    private int _connections;
    private int _endpoint;
    private int _appended;

    /// <summary>What all clients of an account use.</summary>
    public static IReadOnlyList<string> SharedMailboxes { get; } = ["INBOX", "Archive"];

    public MailClient(ClientLoad load, int number, IReadOnlyList<Endpoint> endpoints, LoadOptions options)
    {
        (_load, _number, _endpoints, _options, _endpoint) = (load, number, endpoints, options, number);
        _random = new Random((options.Seed * 7919) + number);
        Gaps = new Gaps(load.History, string.Create(CultureInfo.InvariantCulture, $"imap{number}"));
    }

    public Gaps Gaps { get; }

    public string User => _options.Users[_number % _options.Users.Count];

    public string OwnMailbox => string.Create(CultureInfo.InvariantCulture, $"own{_number}");

    private string Keyword => string.Create(CultureInfo.InvariantCulture, $"$c{_number}");

    public static Operation SelectOf(string connection, string user, string name) => new()
    {
        Connection = connection, Kind = OperationKind.Select, Mailbox = ClientLoad.MailboxOf(user, name), Command = "SELECT " + name,
    };

    public static Operation WholeFetchOf(ImapClient client) => new()
    {
        Connection = client.Name, Kind = OperationKind.Fetch, Mailbox = client.Selected!, Command = "FETCH 1:* " + Items, IsWhole = true, BySequence = true,
    };

    public async Task RunAsync()
    {
        ImapClient? client = null;
        while (!_load.Stopping.IsCancellationRequested)
        {
            try
            {
                Gaps.Wants();
                client ??= await ConnectAsync();
                await VisitAsync(client);
                if (_random.Next(10) > 0)
                    continue;

                // Otherwise all would sooner or later be where nothing has happened yet
                client.Dispose();
                client = null;
                _endpoint = _random.Next(_endpoints.Count);
            }
            catch (ConnectionLostException e)
            {
                _load.Lost.Enqueue($"{Gaps.Name}@{Gaps.Node}: {e.Message}");
                client?.Dispose();
                client = null;
                _endpoint++;
                await PauseAsync(_options.RetryAfter);
            }
        }

        Gaps.Stops();
        client?.Dispose();
    }

    private async Task<ImapClient> ConnectAsync()
    {
        var endpoint = _endpoints[_endpoint % _endpoints.Count] with { From = _options.AddressOf(_number) };
        Gaps.Node = endpoint.Node;
        var client = await ImapClient.LogInAsync(
            _load.History, string.Create(CultureInfo.InvariantCulture, $"{Gaps.Name}.{++_connections}@{endpoint.Node}"), endpoint, User, _options.Password, _options.Patience);
        try
        {
            // Expunges by sequence number for the one half, by UID for the other
            await client.MustAsync(_number % 2 == 0 ? "ENABLE CONDSTORE" : "ENABLE QRESYNC");
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    // One mailbox for a while
    private async Task VisitAsync(ImapClient client)
    {
        var name = Pick(OwnMailbox);
        if (!(await RunAsync(client, SelectOf(client.Name, User, name))).IsOk)
        {
            await PauseAsync(_options.RetryAfter);
            return;
        }

        if (client.View.Count > 0)
            await RunAsync(client, WholeFetchOf(client));
        for (var i = _random.Next(3, 16); i > 0 && !_load.Stopping.IsCancellationRequested; i--)
        {
            await StepAsync(client, name);
            await PauseAsync(TimeSpan.FromMilliseconds(_random.NextDouble() * _options.Pause.TotalMilliseconds));
        }
    }

    private async Task StepAsync(ImapClient client, string name)
    {
        var view = client.View;
        var known = view.Uids.Count(static uid => uid != 0);
        if (known < view.Count)
        {
            await RunAsync(client, Fetch(client, string.Create(CultureInfo.InvariantCulture, $"FETCH {FirstUnknown(view)}:* {Items}"), bySequence: true));
            return;
        }

        if (view.Count > _options.KeepMessages)
        {
            await ExpungeAsync(client, view.Uids.Take(view.Count / 3).ToList());
            return;
        }

        switch (_random.Next(100))
        {
            case < 25 when view.Count > 0:
                await StoreOwnAsync(client);
                break;
            case < 37 when view.Count > 0:
                await StoreSharedAsync(client);
                break;
            case < 45 when view.Count > 0:
                await TransferAsync(client, OperationKind.Copy, Pick(OwnMailbox));
                break;
            case < 55 when view.Count > 0:
                await TransferAsync(client, OperationKind.Move, Other(name));
                break;
            case < 60 when view.Count > 0:
                await ExpungeAsync(client, Choose(view, 2));
                break;
            case < 68:
                await AppendAsync(client, Pick(OwnMailbox));
                break;
            case < 78 when view.Count > 0:
                await RunAsync(client, _random.Next(2) == 0
                    ? Fetch(client, "FETCH 1:* (UID FLAGS MODSEQ)", bySequence: true)
                    : Fetch(client, "UID FETCH 1:* (FLAGS MODSEQ)", bySequence: false));
                break;
            case < 84:
                var other = Pick(OwnMailbox);
                await RunAsync(client, Command(client, OperationKind.Status, "STATUS " + other + " (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)", ClientLoad.MailboxOf(User, other)));
                break;
            case < 88:
                Gaps.Stops();
                _load.Judge(await client.IdleAsync(Command(client, OperationKind.Idle, "IDLE"), TimeSpan.FromMilliseconds(_random.Next(20, 300))));
                break;
            default:
                await RunAsync(client, Command(client, OperationKind.Noop, "NOOP"));
                break;
        }
    }

    private async Task StoreOwnAsync(ImapClient client)
    {
        var view = client.View;
        var first = _random.Next(view.Count);
        var uids = view.Uids.Skip(first).Take(_random.Next(1, 4)).ToList();

        // All of one state become another: each is changed, unless a STORE of before whose answer never came is carried out in between
        var set = view.StateOf(uids[0])?.Has(Keyword) ?? false;
        uids = [.. uids.TakeWhile(uid => (view.StateOf(uid)?.Has(Keyword) ?? false) == set)];
        var bySequence = _random.Next(2) == 0;
        var silent = _random.Next(2) == 0 ? ".SILENT" : "";
        var command = bySequence
            ? string.Create(CultureInfo.InvariantCulture, $"STORE {first + 1}:{first + uids.Count}")
            : "UID STORE " + string.Join(',', uids);
        var operation = new Operation
        {
            Connection = client.Name,
            Kind = OperationKind.Store,
            Mailbox = client.Selected!,
            Command = $"{command} {(set ? '-' : '+')}FLAGS{silent} ({Keyword})",
            Uids = uids,
            Added = set ? [] : [Keyword],
            Removed = set ? [Keyword] : [],
            BySequence = bySequence,
            IsChange = uids.TrueForAll(uid => view.StateOf(uid)?.Flags is not null && !_doubtful.Contains((client.Selected!, uid))),
        };
        try
        {
            await RunAsync(client, operation);
        }
        finally
        {
            if (!operation.IsOk)
                _doubtful.UnionWith(uids.Select(uid => (operation.Mailbox, uid)));
        }

        // .SILENT tells the new mod-sequence and not the flags, which the view must know
        if (silent.Length > 0 && operation.IsOk)
            await RunAsync(client, Fetch(client, "UID FETCH " + string.Join(',', uids) + " (FLAGS MODSEQ)", bySequence: false));
    }

    private async Task StoreSharedAsync(ImapClient client)
    {
        var uids = Choose(client.View, 5);
        var flag = SharedFlags[_random.Next(SharedFlags.Length)];
        var add = _random.Next(2) == 0;
        await RunAsync(client, new Operation
        {
            Connection = client.Name,
            Kind = OperationKind.Store,
            Mailbox = client.Selected!,
            Command = $"UID STORE {string.Join(',', uids)} {(add ? '+' : '-')}FLAGS ({flag})",
            Uids = uids,
            Added = add ? [flag] : [],
            Removed = add ? [] : [flag],
        });
    }

    private async Task TransferAsync(ImapClient client, OperationKind kind, string to)
    {
        var uids = Choose(client.View, 3);
        await RunAsync(client, new Operation
        {
            Connection = client.Name,
            Kind = kind,
            Mailbox = client.Selected!,
            Destination = ClientLoad.MailboxOf(User, to),
            Command = $"UID {(kind == OperationKind.Copy ? "COPY" : "MOVE")} {string.Join(',', uids)} {to}",
            Uids = uids,
        });
    }

    private async Task ExpungeAsync(ImapClient client, List<uint> uids)
    {
        var store = await RunAsync(client, new Operation
        {
            Connection = client.Name,
            Kind = OperationKind.Store,
            Mailbox = client.Selected!,
            Command = $"UID STORE {string.Join(',', uids)} +FLAGS.SILENT (\\Deleted)",
            Uids = uids,
            Added = ["\\Deleted"],
        });
        if (!store.IsOk)
            return;
        var all = _random.Next(4) == 0;
        await RunAsync(client, new Operation
        {
            Connection = client.Name,
            Kind = OperationKind.Expunge,
            Mailbox = client.Selected!,
            Command = all ? "EXPUNGE" : "UID EXPUNGE " + string.Join(',', uids),
            Uids = all ? [] : uids,
        });
    }

    private async Task AppendAsync(ImapClient client, string to)
    {
        var identity = string.Create(CultureInfo.InvariantCulture, $"a{_number}-{++_appended}");
        var flag = SharedFlags[_random.Next(SharedFlags.Length)];
        var operation = new Operation
        {
            Connection = client.Name,
            Kind = OperationKind.Append,
            Mailbox = ClientLoad.MailboxOf(User, to),
            Command = $"APPEND {to} ({flag})",
            Message = identity,
            Added = [flag],
        };
        Gaps.Wants();
        Judge(await client.AppendAsync(operation, HistoryMail.Make(identity, _random.Next(300, 4000))));
    }

    private async Task<Operation> RunAsync(ImapClient client, Operation operation)
    {
        Gaps.Wants();
        return Judge(await client.RunAsync(operation));
    }

    private Operation Judge(Operation operation)
    {
        _load.Judge(operation);
        if (!operation.Answer.StartsWith("NO [UNAVAILABLE]", StringComparison.Ordinal))
            Gaps.Succeeded();
        return operation;
    }

    private static Operation Fetch(ImapClient client, string command, bool bySequence) => new()
    {
        Connection = client.Name, Kind = OperationKind.Fetch, Mailbox = client.Selected!, Command = command, BySequence = bySequence,
    };

    private static Operation Command(ImapClient client, OperationKind kind, string command, string? mailbox = null) => new()
    {
        Connection = client.Name, Kind = kind, Mailbox = mailbox ?? client.Selected!, Command = command,
    };

    private static int FirstUnknown(View view)
    {
        for (var i = 0; i < view.Count; i++)
        {
            if (view.Uids[i] == 0)
                return i + 1;
        }

        return view.Count;
    }

    private List<uint> Choose(View view, int most)
    {
        var first = _random.Next(view.Count);
        return view.Uids.Skip(first).Take(_random.Next(1, most + 1)).ToList();
    }

    private string Pick(string own) => _random.Next(4) switch { 0 => own, 1 => "Archive", _ => "INBOX" };

    private string Other(string than)
    {
        var other = Pick(OwnMailbox);
        while (other == than)
            other = Pick(OwnMailbox);
        return other;
    }

    private async Task PauseAsync(TimeSpan pause) => await Task.Delay(pause, _load.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
