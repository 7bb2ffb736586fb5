using Microsoft.Win32.SafeHandles;
using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Bodies.Reading;

/// <summary>
/// Bodies that are too large for the cache, downloaded into files without names. A client that takes one in parts (<c>BODY[]&lt;0.65536&gt;</c>, and so on) opens it
/// for each of them, so the last few stay open for a while after their last use.
/// </summary>
internal sealed class OpenDownloads : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ObjectKey, Task<Download?>> _downloads = [];
    private readonly LinkedList<Download> _idle = new(); // the one used last at the front
    private readonly int _most;
    private readonly long _mostBytes;
    private readonly TimeSpan _hold;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _idleBytes;
    private bool _isDisposed;

    public OpenDownloads(StorageOptions options, TimeProvider time)
    {
        _most = options.CacheOpenDownloads;
        _mostBytes = options.CacheOpenSize.Bytes;
        _hold = options.CacheOpenHold;
        _time = time;
        _timer = time.CreateTimer(static downloads => ((OpenDownloads)downloads!).CloseOld(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Downloads that wait to be used again.</summary>
    public int Idle
    {
        get
        {
            lock (_lock)
                return _idle.Count;
        }
    }

    /// <summary>Opens a body for one reader; null when it is not there. Who asks for what is being downloaded waits for it.</summary>
    public async Task<Download?> OpenAsync(ObjectKey key, long size, Func<Task<SafeFileHandle?>> download, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task<Download?> task;
            lock (_lock)
            {
                if (!_downloads.TryGetValue(key, out task!))
                    _downloads.Add(key, task = Task.Run(() => DownloadAsync(key, size, download), CancellationToken.None));
            }

            if (await task.WaitAsync(cancellationToken) is not { } opened)
                return null;
            lock (_lock)
            {
                if (opened.IsClosed)
                    continue;
                if (opened.Node is { } node)
                {
                    _idle.Remove(node);
                    _idleBytes -= opened.Size;
                    opened.Node = null;
                }

                opened.Readers++;
                return opened;
            }
        }
    }

    /// <summary>A reader is done with it.</summary>
    public void Release(Download download)
    {
        lock (_lock)
        {
            if (--download.Readers > 0)
                return;
            MakeIdle(download);
            if (_isDisposed)
                Close(download);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        Task<Download?>[] running;
        lock (_lock)
            running = [.. _downloads.Values];
        await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _isDisposed = true;
            while (_idle.Last is { } last)
                Close(last.Value);
        }
    }

    private async Task<Download?> DownloadAsync(ObjectKey key, long size, Func<Task<SafeFileHandle?>> download)
    {
        Download? opened = null;
        try
        {
            if (await download() is { } file)
                opened = new Download(this, key, size, file);
            return opened;
        }
        finally
        {
            lock (_lock)
            {
                if (opened is null)
                    _downloads.Remove(key);
                else
                    MakeIdle(opened); // until those who wait take it; if they have gone, it is closed like any other
            }
        }
    }

    private void MakeIdle(Download download)
    {
        download.Used = _time.GetTimestamp();
        download.Node = _idle.AddFirst(download);
        _idleBytes += download.Size;
        while (_idle.Last is { } last && (_idle.Count > _most || _idleBytes > _mostBytes))
        {
            if (ReferenceEquals(last.Value, download) && !download.WasTaken)
                break; // nobody has had it yet
            Close(last.Value);
        }

        if (_idle.Count > 0)
            _timer.Change(_hold, Timeout.InfiniteTimeSpan);
    }

    private void CloseOld()
    {
        lock (_lock)
        {
            while (_idle.Last is { } last && _time.GetElapsedTime(last.Value.Used) >= _hold)
                Close(last.Value);
            if (_idle.Last is { } next)
                _timer.Change(_hold - _time.GetElapsedTime(next.Value.Used), Timeout.InfiniteTimeSpan);
        }
    }

    private void Close(Download download)
    {
        if (download.Node is not { } node)
            return;
        _idle.Remove(node);
        _idleBytes -= download.Size;
        download.Node = null;
        download.IsClosed = true;
        _downloads.Remove(download.Key);
        download.File.Dispose();
    }

    /// <summary>One body in a file without a name.</summary>
    internal sealed class Download(OpenDownloads owner, ObjectKey key, long size, SafeFileHandle file) : IDisposable
    {
        private int _readers;

        public ObjectKey Key => key;

        public long Size => size;

        public SafeFileHandle File => file;

        public int Readers
        {
            get => _readers;
            set
            {
                WasTaken |= value > 0;
                _readers = value;
            }
        }

        /// <summary>Somebody has read it.</summary>
        public bool WasTaken { get; private set; }

        public bool IsClosed { get; set; }

        public long Used { get; set; }

        public LinkedListNode<Download>? Node { get; set; }

        /// <summary>A reader is done with it.</summary>
        public void Dispose() => owner.Release(this);
    }
}
