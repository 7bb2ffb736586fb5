using System.Threading.Channels;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Bodies.Reading;

/// <summary>
/// Fetches into the cache what sessions are likely to read next. A few at a time; what does not fit into its queue, or whose session has ended, is
/// dropped. Whoever reads a body does not wait for this, but shares a fetch that is under way.
/// </summary>
internal sealed class BodyPrefetch : IAsyncDisposable
{
    private const int QueueLength = 1024;

    private readonly BodyCache _cache;
    private readonly BodyMetrics _metrics;
    private readonly Channel<Wish> _wishes = Channel.CreateBounded<Wish>(QueueLength);
    private readonly Task[] _running;
    private readonly long _mostBytes;
    private long _bytes;

    public BodyPrefetch(BodyCache cache, StorageOptions options, BodyMetrics metrics)
    {
        _cache = cache;
        _metrics = metrics;
        _mostBytes = options.PrefetchSize.Bytes;
        _running = new Task[options.PrefetchParallelism];
        for (var i = 0; i < _running.Length; i++)
            _running[i] = Task.Run(RunAsync);
    }

    /// <summary>Asks for a body; false when there is too much to do already.</summary>
    /// <param name="key">The body.</param>
    /// <param name="size">Its size.</param>
    /// <param name="session">Cancelled when nobody will want it any more.</param>
    public bool TryAdd(ObjectKey key, long size, CancellationToken session)
    {
        if (Interlocked.Add(ref _bytes, size) <= _mostBytes && _wishes.Writer.TryWrite(new Wish(key, size, session)))
            return true;
        Interlocked.Add(ref _bytes, -size);
        _metrics.Prefetched("dropped");
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        _wishes.Writer.TryComplete();
        while (_wishes.Reader.TryRead(out _))
        {
        }

        await Task.WhenAll(_running);
    }

    private async Task RunAsync()
    {
        await foreach (var wish in _wishes.Reader.ReadAllAsync())
        {
            if (wish.Session.IsCancellationRequested)
                _metrics.Prefetched("dropped");
            else
                await _cache.PrefetchAsync(wish.Key, wish.Size);
            Interlocked.Add(ref _bytes, -wish.Size);
        }
    }

    private readonly record struct Wish(ObjectKey Key, long Size, CancellationToken Session);
}
