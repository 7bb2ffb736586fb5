using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Audit;

/// <summary>Writes a line into this node's log for each change that an administrator makes, once it is done or has failed. Where no node runs there is the audit log alone.</summary>
public sealed class AdminActLog : IAsyncDisposable
{
    private const int MaxWaiting = 1000;

    private readonly AuditStore _store;
    private readonly ChangeFeed _feed;
    private readonly ILogger _logger;
    private readonly Channel<long> _entries = Channel.CreateBounded<long>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _writing;

    /// <summary>Writes from now on.</summary>
    public AdminActLog(Database database, ChangeFeed feed, ILoggerFactory loggers)
    {
        _store = new AuditStore(database);
        _feed = feed;
        _logger = loggers.CreateLogger<AdminActLog>();
        _feed.AdministratorActed += Enqueue;
        _writing = Task.Run(WriteAsync, CancellationToken.None);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _feed.AdministratorActed -= Enqueue;
        await _stopping.CancelAsync();
        await _writing;
        _stopping.Dispose();
    }

    private void Enqueue(long entry) => _entries.Writer.TryWrite(entry);

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var id in _entries.Reader.ReadAllAsync(_stopping.Token))
            {
                try
                {
                    if (await _store.ReadAsync(id, _stopping.Token) is { } entry)
                        Log.AdministratorActed(_logger, entry.Actor ?? "", entry.Node, entry.Action, entry.Detail ?? "", entry.Outcome, entry.Reason ?? "");
                }
                catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
                {
                    Log.AuditNotRead(_logger, e);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // It stops
        }
    }
}
