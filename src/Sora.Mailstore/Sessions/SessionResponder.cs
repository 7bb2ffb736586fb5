using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Sessions;

/// <summary>Answers for this node what administrators ask of its sessions. A node that nobody asks writes nothing.</summary>
public sealed class SessionResponder : IAsyncDisposable
{
    private const int SessionsInPart = 1000;
    private const int MaxWaiting = 100;

    private readonly SessionStore _store;
    private readonly ChangeFeed _feed;
    private readonly ISessions _sessions;
    private readonly NodePresence _node;
    private readonly ILogger _logger;
    private readonly Channel<long> _requests = Channel.CreateBounded<long>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _answering;

    /// <summary>Answers from now on.</summary>
    public SessionResponder(Database database, ChangeFeed feed, ISessions sessions, NodePresence node, ILoggerFactory loggers)
    {
        _store = new SessionStore(database.Write);
        _feed = feed;
        _sessions = sessions;
        _node = node;
        _logger = loggers.CreateLogger<SessionResponder>();
        _feed.SessionsRequested += Enqueue;
        _answering = Task.Run(AnswerAsync, CancellationToken.None);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _feed.SessionsRequested -= Enqueue;
        await _stopping.CancelAsync();
        await _answering;
        try
        {
            await _store.LeaveAsync(_node.Number, CancellationToken.None);
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            // Its lock goes with its connection all the same
            Log.SessionsNotAnswered(_logger, e);
        }

        _stopping.Dispose();
    }

    private void Enqueue(long request) => _requests.Writer.TryWrite(request);

    private async Task AnswerAsync()
    {
        try
        {
            await foreach (var request in _requests.Reader.ReadAllAsync(_stopping.Token))
            {
                try
                {
                    await AnswerAsync(request);
                }
                catch (Exception e) when (Mailbox.IsDatabaseFailure(e) || e is JsonException or FormatException)
                {
                    Log.SessionsNotAnswered(_logger, e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It stops
        }
    }

    private async Task AnswerAsync(long request)
    {
        if (await _store.ReadRequestAsync(request, _node.Number, _stopping.Token) is not { } asked)
            return;
        var filter = SessionJson.Read<SessionFilter>(asked.Filter);
        var found = asked.Ends ? _sessions.End(filter) : _sessions.List(filter);
        if (asked.Ends)
            Log.SessionsEnded(_logger, found.Count, asked.Filter);
        var part = 0;
        var left = found.Count;
        foreach (var sessions in found.Chunk(SessionsInPart).DefaultIfEmpty([]))
        {
            left -= sessions.Length;
            await _store.AnswerAsync(request, new AnswerRow(_node.Number, part++, left == 0, SessionJson.Write(sessions)), _stopping.Token);
        }
    }
}
