using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Bodies.Reading;

/// <summary>
/// Bodies of a remote object store, or of one whose objects are encoded, as plain files of this machine: those used last, up to a size that holds at
/// each moment. It survives a restart. Sessions that miss the same body wait for one fetch. Bodies that are too large for it are kept open for
/// a while (<see cref="OpenDownloads"/>).
/// </summary>
internal sealed class BodyCache : IAsyncDisposable
{
    private const int PieceSize = 128 * 1024;
    private static readonly TimeSpan TouchInterval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan AbandonedAge = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<ObjectKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _recent = new();
    private readonly Dictionary<ObjectKey, Task<bool>> _fetches = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly OpenDownloads _downloads;
    private readonly IObjectStore _objects;
    private readonly long _capacity;
    private readonly long _maxObject;
    private readonly string _root;
    private readonly string _temporary;
    private readonly BodyMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private int _isDisposed;

    public BodyCache(string folder, IObjectStore objects, StorageOptions options, BodyMetrics metrics, TimeProvider time, ILogger<BodyCache> logger)
    {
        _root = folder;
        _temporary = Path.Combine(folder, ".tmp");
        _objects = objects;
        _capacity = options.CacheSize.Bytes;
        _maxObject = Math.Min(options.CacheMaxObject.Bytes, _capacity);
        _downloads = new OpenDownloads(options, time);
        _metrics = metrics;
        _time = time;
        _logger = logger;
        Volume.MakeFolder(folder);
        Volume.MakeFolder(_temporary);
        Load();
    }

    /// <summary>Files on their way; what a process leaves behind there is deleted later.</summary>
    public string TemporaryFolder => _temporary;

    /// <summary>Bodies kept.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>Bytes kept, or reserved for what is being fetched.</summary>
    public long Size { get; private set; }

    /// <summary>Where a cache in a folder keeps a body, if it does.</summary>
    public static string FileOf(string folder, ObjectKey key)
    {
        var hash = key.Hash.ToString();
        return Path.Join(folder, key.Account.ToString(), hash.AsSpan(0, 2), hash);
    }

    /// <summary>Opens a body if it is here; null when it is not.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async ValueTask<IMessageBody?> OpenKeptAsync(
        ObjectKey key, long size, ReadOnlyMemory<byte> prefix, VerifiedFiles files, CancellationToken cancellationToken)
    {
        var body = Touch(key) ? await TryOpenAsync(key, size, prefix, files, cancellationToken) : null;
        if (body is not null)
            _metrics.Cache(hit: true);
        return body;
    }

    /// <summary>Opens a body that was not here a moment ago; null when the object store has no such object.</summary>
    /// <exception cref="BodyDamagedException">The object is not what was stored.</exception>
    /// <exception cref="IOException">The store does not answer.</exception>
    public async ValueTask<IMessageBody?> OpenAsync(
        ObjectKey key, long size, ReadOnlyMemory<byte> prefix, VerifiedFiles files, CancellationToken cancellationToken)
    {
        _metrics.Cache(hit: false);
        if (size > _maxObject)
            return await OpenUncachedAsync(key, size, prefix, cancellationToken);

        // What was fetched may be displaced before it is opened, when the cache is far too small.
        for (var attempt = 0; attempt < 3; attempt++)
        {
            if (Touch(key) && await TryOpenAsync(key, size, prefix, files, cancellationToken) is { } body)
                return body;
            if (!await FetchOnceAsync(key, size).WaitAsync(cancellationToken))
                return null;
        }

        return await OpenUncachedAsync(key, size, prefix, cancellationToken);
    }

    /// <summary>
    /// Fetches a body that is likely to be asked for; nothing happens when it is here, or too large. What goes wrong does so again when it is asked for.
    /// </summary>
    public async Task PrefetchAsync(ObjectKey key, long size)
    {
        if (size > _maxObject || IsKept(key))
            return;
        try
        {
            _metrics.Prefetched(await FetchOnceAsync(key, size) ? "fetched" : "missing");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BodyDamagedException or OperationCanceledException)
        {
            _metrics.Prefetched("failed");
        }
    }

    /// <summary>Keeps a body that has just been put, whose bytes were checked against its hash; a file is linked where that is possible.</summary>
    public void Warm(ObjectPut put)
    {
        if (put.Size > _maxObject || IsKept(put.Key))
            return;
        var temporary = NewTemporary();
        var isReserved = false;
        try
        {
            Reserve(put.Size);
            isReserved = true;
            if (put.File is not { } file)
            {
                using var handle = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write);
                RandomAccess.Write(handle, put.Bytes!.Value.Span, 0);
            }
            else if (!Volume.TryLink(file, temporary))
            {
                File.Copy(file, temporary);
            }

            Place(put.Key, put.Size, temporary);
            isReserved = false;
            _metrics.Warmed();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.CacheFailed(_logger, put.Key.ToString(), e);
        }
        finally
        {
            if (isReserved)
                Unreserve(put.Size);
            File.Delete(temporary);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _stopping.CancelAsync();
        Task[] fetches;
        lock (_lock)
            fetches = [.. _fetches.Values];
        await Task.WhenAll(fetches).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await _downloads.DisposeAsync();
        _stopping.Dispose();
    }

    // A damaged file is forgotten and fetched anew: the truth is elsewhere.
    private async ValueTask<IMessageBody?> TryOpenAsync(
        ObjectKey key, long size, ReadOnlyMemory<byte> prefix, VerifiedFiles files, CancellationToken cancellationToken)
    {
        try
        {
            if (await files.OpenAsync(PathOf(key), key, size, prefix, cancellationToken) is { } body)
                return body;
        }
        catch (BodyDamagedException e)
        {
            Log.BodyDamaged(_logger, key.ToString(), "the local cache", e.Message);
        }

        Forget(key);
        return null;
    }

    private Task<bool> FetchOnceAsync(ObjectKey key, long size)
    {
        lock (_lock)
        {
            if (!_fetches.TryGetValue(key, out var fetch))
                _fetches.Add(key, fetch = Task.Run(() => FetchAsync(key, size)));
            return fetch;
        }
    }

    private async Task<bool> FetchAsync(ObjectKey key, long size)
    {
        var temporary = NewTemporary();
        var isReserved = false;
        try
        {
            Reserve(size);
            isReserved = true;
            using (var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                if (!await DownloadAsync(key, size, file, _stopping.Token))
                    return false;
            }

            Place(key, size, temporary);
            isReserved = false;
            return true;
        }
        finally
        {
            if (isReserved)
                Unreserve(size);
            File.Delete(temporary);
            lock (_lock)
                _fetches.Remove(key);
        }
    }

    private async ValueTask<IMessageBody?> OpenUncachedAsync(ObjectKey key, long size, ReadOnlyMemory<byte> prefix, CancellationToken cancellationToken) =>
        await _downloads.OpenAsync(key, size, () => DownloadAsync(key, size), cancellationToken) is { } download
            ? new DownloadedBody(prefix, download, size)
            : null;

    // Into a file without a name
    private async Task<SafeFileHandle?> DownloadAsync(ObjectKey key, long size)
    {
        var name = NewTemporary();
        var file = File.OpenHandle(name, FileMode.CreateNew, FileAccess.ReadWrite);
        var isOpen = false;
        try
        {
            File.Delete(name); // the open file stays until it is closed, whatever happens to this process
            isOpen = await DownloadAsync(key, size, file, _stopping.Token);
            return isOpen ? file : null;
        }
        finally
        {
            if (!isOpen)
                file.Dispose();
        }
    }

    private string NewTemporary() => Path.Join(_temporary, RandomNumberGenerator.GetHexString(32, lowercase: true));

    private void Place(ObjectKey key, long size, string temporary)
    {
        var path = PathOf(key);
        Volume.MakeFolder(Path.GetDirectoryName(path)!);
        File.Move(temporary, path, overwrite: true);
        Keep(key, size);
    }

    private bool IsKept(ObjectKey key)
    {
        lock (_lock)
            return _entries.ContainsKey(key);
    }

    private async Task<bool> DownloadAsync(
        ObjectKey key, long size, SafeFileHandle file, CancellationToken cancellationToken)
    {
        await using var stream = await _objects.OpenAsync(key, 0, null, cancellationToken);
        if (stream is null)
            return false;
        var piece = System.Buffers.ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            var hasher = new Blake3Hasher();
            var position = 0L;
            while (true)
            {
                var count = await stream.ReadAsync(piece, cancellationToken);
                if (count == 0)
                    break;
                if (position + count > size)
                    BodyHash.CheckSize(position + count, size); // no more than this is written to the disk
                hasher.Update(piece.AsSpan(0, count));
                await RandomAccess.WriteAsync(file, piece.AsMemory(0, count), position, cancellationToken);
                position += count;
            }

            BodyHash.CheckSize(position, size);
            Check(hasher, key);
            _metrics.Fetched(size);
            return true;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private static void Check(Blake3Hasher hasher, ObjectKey key)
    {
        Span<byte> hash = stackalloc byte[Blake3Hasher.HashLength];
        hasher.Finalize(hash);
        BodyHash.Compare(hash, key.Hash);
    }

    private string PathOf(ObjectKey key) => FileOf(_root, key);

    private bool Touch(ObjectKey key)
    {
        var now = _time.GetUtcNow();
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var node))
                return false;
            _recent.Remove(node);
            _recent.AddFirst(node);
            if (now - node.Value.Touched < TouchInterval)
                return true;
            node.Value = node.Value with { Touched = now };
        }

        try
        {
            File.SetLastAccessTimeUtc(PathOf(key), now.UtcDateTime);
        }
        catch (IOException)
        {
            // then the next start takes it for older than it is
        }

        return true;
    }

    private void Reserve(long size)
    {
        lock (_lock)
        {
            Size += size;
            MakeRoom();
        }
    }

    private void Unreserve(long size)
    {
        lock (_lock)
            Size -= size;
    }

    private void Keep(ObjectKey key, long size)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var node))
                Drop(node);
            _entries[key] = _recent.AddFirst(new Entry(key, size, _time.GetUtcNow()));
        }
    }

    private void Forget(ObjectKey key)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var node))
                Drop(node, deletes: true);
        }
    }

    private void MakeRoom()
    {
        while (Size > _capacity && _recent.Last is { } oldest)
        {
            Drop(oldest, deletes: true);
            _metrics.Evicted();
        }
    }

    private void Drop(LinkedListNode<Entry> node, bool deletes = false)
    {
        _recent.Remove(node);
        _entries.Remove(node.Value.Key);
        Size -= node.Value.Size;
        if (!deletes)
            return;
        try
        {
            File.Delete(PathOf(node.Value.Key));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.CacheFailed(_logger, node.Value.Key.ToString(), e);
        }
    }

    private void Load()
    {
        foreach (var file in new DirectoryInfo(_temporary).EnumerateFiles())
        {
            if (file.LastWriteTimeUtc < _time.GetUtcNow().UtcDateTime - AbandonedAge)
                file.Delete(); // by a process that ended; a younger one may be another's work
        }

        var found = new List<Entry>();
        foreach (var file in new DirectoryInfo(_root).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            if (ObjectKey.TryParse($"{file.Directory?.Parent?.Name}/{file.Name}", out var key))
                found.Add(new Entry(key, file.Length, new DateTimeOffset(file.LastAccessTimeUtc)));
        }

        found.Sort(static (left, right) => left.Touched.CompareTo(right.Touched));
        lock (_lock)
        {
            foreach (var entry in found)
            {
                _entries[entry.Key] = _recent.AddFirst(entry);
                Size += entry.Size;
            }

            MakeRoom();
        }
    }

    private readonly record struct Entry(ObjectKey Key, long Size, DateTimeOffset Touched);
}
