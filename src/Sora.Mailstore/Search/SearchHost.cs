using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Search;

/// <summary>The search index of one process: asking it, and indexing behind delivery.</summary>
public sealed class SearchHost : IAsyncDisposable
{
    private readonly SearchWorker _worker;
    private readonly Indexer _indexer;

    /// <param name="database">Where the index is. Its schema must be there when the host is started.</param>
    /// <param name="messages">Reads what is indexed.</param>
    /// <param name="options">[search]</param>
    /// <param name="metrics">The engine's meter.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it logs.</param>
    public SearchHost(
        Database database, IMessageStore messages, SearchOptions options, MailstoreMetrics metrics, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        var store = new SearchStore(database);
        Cache = new SegmentCache(options.CacheSize.Bytes, options.CacheIdle, time);
        var segments = new AccountSegments(store, Cache);
        Index = new SearchIndex(store, segments);
        Keys = new StoredMessageKeys(segments, new DirectMessageKeys(messages));
        _indexer = new Indexer(database, messages, options, time);
        _worker = new SearchWorker(
            store, _indexer, Cache, options, new SearchMetrics(metrics), metrics, time, loggers.CreateLogger<SearchHost>());
    }

    /// <summary>Answers questions about the text of messages.</summary>
    public ISearchIndex Index { get; }

    /// <summary>Reads the keys of SORT and THREAD.</summary>
    public IMessageKeys Keys { get; }

    internal SegmentCache Cache { get; }

    /// <summary>Starts indexing, unless the options say no.</summary>
    public void Start() => _worker.Start();

    /// <summary>Indexes everything that is due now, in the caller's time; not while the host runs. Returns how many messages that were.</summary>
    public async Task<int> IndexDueAsync(CancellationToken cancellationToken)
    {
        var indexed = 0;
        IndexedBatch batch;
        do
        {
            batch = await _indexer.IndexAsync(cancellationToken);
            indexed += batch.Indexed;
        }
        while (batch.Taken > 0 || batch.HasMore);
        return indexed;
    }

    /// <summary>Stops; a batch under way is given up, and done again by whoever comes next.</summary>
    public ValueTask DisposeAsync() => _worker.DisposeAsync();
}
