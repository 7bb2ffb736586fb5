using System.Collections.Concurrent;
using System.Globalization;
using Sora.Histories.Wire;

namespace Sora.Histories.Load;

/// <summary>Clients and deliverers at work, until they are told to stop.</summary>
public sealed class ClientLoad : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _running = [];
    private readonly List<MailClient> _clients = [];
    private readonly List<Deliverer> _deliverers = [];
    private readonly IReadOnlyList<Endpoint> _imap;
    private readonly LoadOptions _options;

    /// <param name="history">Gets everything.</param>
    /// <param name="imap">Where clients go.</param>
    /// <param name="lmtp">Where mail goes.</param>
    /// <param name="options">How much.</param>
    public ClientLoad(History history, IReadOnlyList<Endpoint> imap, IReadOnlyList<Endpoint> lmtp, LoadOptions options)
    {
        (History, _imap, _options) = (history, imap, options);
        for (var i = 0; i < options.Clients; i++)
            _clients.Add(new MailClient(this, i, imap, options));
        for (var i = 0; i < lmtp.Count * options.DeliverersEach; i++)
            _deliverers.Add(new Deliverer(this, i, lmtp, options));
    }

    public History History { get; }

    /// <summary>Answers that no fault explains; a test fails when there is one.</summary>
    public ConcurrentQueue<string> Unexpected { get; } = [];

    /// <summary>Connections that were not to be had, or that ended before their client wanted it.</summary>
    public ConcurrentQueue<string> Lost { get; } = [];

    /// <summary>What each client felt.</summary>
    public IEnumerable<Gaps> Gaps => _clients.Select(static client => client.Gaps).Concat(_deliverers.Select(static deliverer => deliverer.Gaps));

    /// <summary>What each IMAP client felt.</summary>
    public IEnumerable<Gaps> ClientGaps => _clients.Select(static client => client.Gaps);

    internal CancellationToken Stopping => _stopping.Token;

    public static string MailboxOf(string user, string name) => $"{user}/{name}";

    /// <summary>Every mailbox that clients use, by user and name.</summary>
    public IEnumerable<(string User, string Name)> Mailboxes =>
        _options.Users.SelectMany(user => MailClient.SharedMailboxes.Select(name => (user, name))).Concat(_clients.Select(static client => (client.User, client.OwnMailbox)));

    /// <summary>Makes the mailboxes.</summary>
    public async Task PrepareAsync()
    {
        foreach (var mailboxes in Mailboxes.Where(static one => one.Name != "INBOX").GroupBy(static one => one.User, static one => one.Name))
        {
            using var client = await ImapClient.LogInAsync(History, "prepare", _imap[0], mailboxes.Key, _options.Password, _options.Patience);
            foreach (var mailbox in mailboxes)
                await client.TryAsync("CREATE " + mailbox);
        }
    }

    public void Start()
    {
        foreach (var client in _clients)
            _running.Add(Task.Run(client.RunAsync));
        foreach (var deliverer in _deliverers)
            _running.Add(Task.Run(deliverer.RunAsync));
    }

    /// <summary>Ends when every client has come to the end of what it was doing.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_running);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    /// <summary>Brings the history to a state that lasts: looks at all mailboxes through all nodes until two rounds are the same.</summary>
    /// <param name="nodes">Each of them, past proxies.</param>
    /// <param name="within">The longest time for it.</param>
    /// <exception cref="TimeoutException">They differ for longer than the time.</exception>
    public async Task SettleAsync(IReadOnlyList<Endpoint> nodes, TimeSpan within)
    {
        var limit = History.Now + (long)(within.TotalSeconds * System.Diagnostics.Stopwatch.Frequency);
        List<string>? before = null;
        for (var round = 0; ; round++)
        {
            var now = await LookThroughAllAsync(nodes, round, limit);
            if (now is not null && before is not null && now.SequenceEqual(before, StringComparer.Ordinal))
                return;
            if (History.Now > limit)
                throw new TimeoutException($"The mailboxes still change after {within}, or nodes do not agree");
            before = now;
        }
    }

    /// <summary>A client ends only when it is told to: one that did not understand an answer ends the run.</summary>
    internal void ThrowIfFailed()
    {
        if (_running.Find(static task => task.IsFaulted) is { } failed)
            failed.GetAwaiter().GetResult();
    }

    internal void Judge(Operation operation)
    {
        if (operation.Outcome == Outcome.Bad || (operation.Outcome == Outcome.No && !MayRefuse(operation.Answer)))
            Unexpected.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{operation.Connection} {operation.Mailbox} {operation.Command}: {operation.Answer}"));
    }

    // RFC 5530: for the moment, or a message of the view is gone
    private static bool MayRefuse(string answer) =>
        answer.StartsWith("NO [UNAVAILABLE]", StringComparison.Ordinal) || answer.StartsWith("NO [EXPUNGEISSUED]", StringComparison.Ordinal);

    // Null when they do not agree, or one cannot be asked
    private async Task<List<string>?> LookThroughAllAsync(IReadOnlyList<Endpoint> nodes, int round, long limit)
    {
        List<string>? first = null;
        try
        {
            foreach (var node in nodes)
            {
                var states = await LookAsync(node, round);
                first ??= states;
                if (!states.SequenceEqual(first, StringComparer.Ordinal))
                    return null;
            }

            return first;
        }
        catch (ConnectionLostException) when (History.Now < limit)
        {
            await Task.Delay(_options.RetryAfter);
            return null;
        }
    }

    private async Task<List<string>> LookAsync(Endpoint endpoint, int round)
    {
        var states = new List<string>();
        foreach (var mailboxes in Mailboxes.GroupBy(static one => one.User, static one => one.Name))
        {
            using var client = await ImapClient.LogInAsync(
                History, string.Create(CultureInfo.InvariantCulture, $"settle{round}.{mailboxes.Key}@{endpoint.Node}"), endpoint, mailboxes.Key, _options.Password, _options.Patience);
            await client.MustAsync("ENABLE CONDSTORE");
            foreach (var name in mailboxes)
            {
                var select = await client.RunAsync(MailClient.SelectOf(client.Name, mailboxes.Key, name));
                if (!select.IsOk)
                    throw new ConnectionLostException(select.Answer);
                var view = client.View;
                if (view.Count > 0 && await client.RunAsync(MailClient.WholeFetchOf(client)) is { IsOk: false } fetch)
                    throw new ConnectionLostException($"{fetch.Connection} {fetch.Mailbox} {fetch.Command}: {fetch.Answer}");
                states.Add($"{mailboxes.Key}/{name}: " + string.Join("; ", view.Uids.Select(view.StateOf)));
            }
        }

        return states;
    }
}
