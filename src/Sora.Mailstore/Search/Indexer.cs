using Sora.Contracts;
using Sora.Mailstore.Storage;
using Sora.Mime;

namespace Sora.Mailstore.Search;

/// <summary>What became of a batch: contents that were taken, those of them that are indexed, whether more are due, and those put off.</summary>
internal readonly record struct IndexedBatch(int Taken, int Indexed, bool HasMore, IReadOnlyList<PutOffContent> PutOff);

/// <summary>Indexes one batch after another, each in one transaction, and merges the segments that come of it.</summary>
internal sealed class Indexer(Database database, IMessageStore messages, SearchOptions options, TimeProvider time)
{
    // Header fields beyond this are not searched in
    private const int LongestHeader = 1024 * 1024;

    // Large messages end a batch early, and what was read of those behind them was read for nothing
    private const int ReadAtOnce = 50;

    /// <summary>So many segments of a level become one of the next.</summary>
    private const int MergeCount = 8;
    private const int MostMerged = 64;

    // Another process, of an older version, may still write old segments
    private static readonly TimeSpan LookForOld = TimeSpan.FromMinutes(10);

    private readonly SearchStore _store = new(database);
    private readonly ContentStore _contents = new(database);
    private readonly BodyWords _body = new((int)options.MaxText.Bytes, options.MaxWords.Bytes);

    private long _lookedForOld;
    private long _replaced; // bytes of segments that were merged away since the last VACUUM

    /// <summary>Indexes what is due, up to the limits of a batch.</summary>
    public async Task<IndexedBatch> IndexAsync(CancellationToken cancellationToken)
    {
        var (batch, accounts) = await IndexDueAsync(cancellationToken);
        if (batch is { Taken: 0, HasMore: false } && await RenewAsync(cancellationToken))
            return batch with { HasMore = true };
        if (accounts.Count == 0)
            return batch;
        foreach (var (account, level) in await _store.FindMergeableAsync(accounts, MergeCount, options.SegmentSize.Bytes / 2, cancellationToken))
            await MergeAsync(account, level, cancellationToken);
        await VacuumAsync(cancellationToken);
        return batch;
    }

    private async Task VacuumAsync(CancellationToken cancellationToken)
    {
        var replaced = _replaced;
        _replaced = 0; // one that fails is not tried again at once
        if (replaced > 0 && !await _store.VacuumAsync(replaced, cancellationToken))
            _replaced = replaced;
    }

    // One segment at a time, and only while nothing else waits: mail that arrives comes first
    private async Task<bool> RenewAsync(CancellationToken cancellationToken)
    {
        if (_lookedForOld != 0 && time.GetElapsedTime(_lookedForOld) < LookForOld)
            return false;
        if (await _store.RenewAsync(options.Delay, cancellationToken))
            return true;
        _lookedForOld = time.GetTimestamp();
        return false;
    }

    private async Task<(IndexedBatch Batch, IReadOnlyCollection<AccountId> Accounts)> IndexDueAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var due = await SearchStore.TakeAsync(connection, options.Delay, options.Batch, cancellationToken);
        if (due.Count == 0)
            return (default, []);
        using var work = new Work();
        Dictionary<ContentId, MessageContent> contents = [];
        var size = 0L;
        for (var i = 0; i < due.Count; i++)
        {
            // Past the cache: a backlog of messages would drive out what clients read
            if (i % ReadAtOnce == 0)
            {
                var next = due.GetRange(i, Math.Min(ReadAtOnce, due.Count - i)).ConvertAll(static waiting => waiting.Content);
                contents = (await _contents.ReadAsync(next, ContentParts.All, cancellationToken)).ToDictionary(static content => content.Id);
            }

            var content = contents.GetValueOrDefault(due[i].Content);
            size += content?.Size ?? 0;
            if (i > 0 && size > options.BatchSize.Bytes)
                break; // the rest is free again when the transaction ends
            await AddAsync(due[i], content, work, cancellationToken);
        }

        await SearchStore.WriteAsync(connection, work.Build(), work.Texts, work.Done, cancellationToken);
        if (work.PutOff.Count > 0)
            await SearchStore.PutOffAsync(connection, work.PutOff, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (new IndexedBatch(work.Count, work.Done.Count, due.Count == options.Batch || work.Count < due.Count, work.PutOff), work.Accounts);
    }

    private async ValueTask AddAsync(WaitingContent waiting, MessageContent? content, Work work, CancellationToken cancellationToken)
    {
        // One that was deleted meanwhile is done
        if (content is null)
        {
            work.Done.Add(waiting.Content);
            return;
        }

        // What a large message leaves behind when it cannot be read to its end should not stay in others' segment
        var isLarge = content.Size > options.BatchSize.Bytes / 8;
        var segment = isLarge ? new SegmentBuilder() : work.SegmentOf(waiting.Account);
        var before = segment.Count;
        try
        {
            await AddAsync(content, segment, cancellationToken);
            if (_body.Text is { Length: > 0 } text)
                work.Texts.Add((content.Id, TextCodec.Compress(text.Span)));
            work.Done.Add(content.Id);
            if (isLarge)
                work.Large.Add((waiting.Account, segment));
        }
        catch (Exception e) when (e is BodyUnavailableException or TooManyWordsException)
        {
            if (segment.Count > before)
                segment.Abandon();
            var isFinal = e is TooManyWordsException || waiting.Attempts + 1 >= options.Attempts;
            TimeSpan? pause = isFinal ? null : options.Retry * Math.Pow(2, Math.Min(waiting.Attempts, 16));
            work.PutOff.Add(new PutOffContent(content.Id, pause, e.Message));
        }
    }

    private async ValueTask AddAsync(MessageContent content, SegmentBuilder segment, CancellationToken cancellationToken)
    {
        if (!Envelope.TryDeserialize(content.Envelope.GetValueOrDefault().Span, out var envelope)
            || !MimeMessage.TryDeserializeStructure(content.Structure.GetValueOrDefault().Span, content.Prefix.Length, out var structure))
            throw new BodyUnavailableException("The stored envelope or structure is damaged", temporary: false);
        await using var body = await messages.OpenAsync(content, cancellationToken);
        var header = await ReadHeaderAsync(content, body, cancellationToken);
        segment.Begin(content.Id, SortKeys.Of(envelope, header.Span));
        segment.AddHeader(header.Span);
        _body.Begin(segment);
        await TextExtractor.ExtractAsync(
            structure, body.ReadAsync, _body, (part, fields) => segment.AddPartHeader(part, fields.Span), int.MaxValue, cancellationToken);
        _body.Complete();
    }

    // Prefix and header are one block
    private static async ValueTask<ReadOnlyMemory<byte>> ReadHeaderAsync(MessageContent content, IMessageBody body, CancellationToken cancellationToken)
    {
        if (content is { Header: { } stored, Prefix.IsEmpty: true })
            return stored;
        var size = content.Header is { } kept ? content.Prefix.Length + kept.Length : Math.Min(LongestHeader, body.Length);
        var header = new byte[size];
        var length = 0;
        while (length < header.Length && await body.ReadAsync(length, header.AsMemory(length), cancellationToken) is > 0 and var read)
            length += read;
        return header.AsMemory(0, length);
    }

    private async Task MergeAsync(AccountId account, short level, CancellationToken cancellationToken)
    {
        await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var ids = await SearchStore.LockSegmentsAsync(connection, account, level, MostMerged, options.SegmentSize.Bytes / 2, cancellationToken);
        if (ids.Count < 2)
            return;
        var segments = await SearchStore.ReadSegmentsAsync(connection, ids, cancellationToken);
        var existing = await SearchStore.FindExistingAsync(connection, [.. segments.SelectMany(static segment => segment.Contents)], cancellationToken);
        var merged = SegmentMerger.Merge(segments, existing);
        await SearchStore.ReplaceAsync(connection, account, ids, merged, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        _replaced += segments.Sum(static segment => segment.Size);
    }

    private sealed class Work : IDisposable
    {
        private readonly Dictionary<AccountId, SegmentBuilder> _segments = [];

        public List<(AccountId Account, SegmentBuilder Segment)> Large { get; } = [];

        public List<(ContentId Content, byte[] Text)> Texts { get; } = [];

        public List<ContentId> Done { get; } = [];

        public List<PutOffContent> PutOff { get; } = [];

        /// <summary>Contents that were looked at.</summary>
        public int Count => Done.Count + PutOff.Count;

        public IReadOnlyCollection<AccountId> Accounts => [.. _segments.Keys, .. Large.Select(static large => large.Account)];

        public SegmentBuilder SegmentOf(AccountId account)
        {
            if (!_segments.TryGetValue(account, out var segment))
                _segments.Add(account, segment = new SegmentBuilder());
            return segment;
        }

        public List<(AccountId Account, SegmentData Segment)> Build()
        {
            var built = new List<(AccountId, SegmentData)>(_segments.Count + Large.Count);
            foreach (var (account, segment) in _segments)
            {
                if (segment.Count > 0)
                    built.Add((account, segment.Build()));
            }

            foreach (var (account, segment) in Large)
                built.Add((account, segment.Build()));
            return built;
        }

        public void Dispose()
        {
            foreach (var segment in _segments.Values)
                segment.Dispose();
            foreach (var (_, segment) in Large)
                segment.Dispose();
        }
    }
}
