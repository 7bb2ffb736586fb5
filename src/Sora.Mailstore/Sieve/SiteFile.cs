using Microsoft.Extensions.Logging;

namespace Sora.Mailstore.Sieve;

/// <summary>What the files of the site have in common: how often they are looked at, and who hears of those that cannot be used.</summary>
internal sealed class SiteFileWatch(TimeSpan refresh, TimeProvider time, ILogger logger, MailstoreMetrics? metrics)
{
    public TimeSpan Refresh => refresh;

    public TimeProvider Time => time;

    /// <param name="file">Its path.</param>
    /// <param name="reason">What is wrong with it.</param>
    /// <param name="isNews">It was not wrong in this way when it was looked at last.</param>
    /// <param name="hasLast">An older version of it stays in force.</param>
    public void Failed(string file, string reason, bool isNews, bool hasLast)
    {
        metrics?.SiteFileFailed();
        if (!isNews)
            return;
        if (hasLast)
            Log.SiteFileKept(logger, file, reason);
        else
            Log.SiteFileFailed(logger, file, reason);
    }

    public void Recovered(string file) => Log.SiteFileRecovered(logger, file);
}

/// <summary>
/// A file of the site, looked at again after a while and read again when it has changed. A version that cannot be read or used is not taken: the one before stays in
/// force, so that a slip of an editor does not stop the mail.
/// </summary>
/// <param name="key">The option that names it.</param>
/// <param name="path">Where it is.</param>
/// <param name="maxSize">Most bytes.</param>
/// <param name="parse">Makes of its bytes, and of what was in force before, what is used; throws <see cref="InvalidDataException"/> when they cannot be.</param>
/// <param name="watch">How often it is looked at.</param>
internal sealed class SiteFile<T>(string key, string path, long maxSize, Func<ReadOnlyMemory<byte>, T?, T> parse, SiteFileWatch watch)
    where T : class
{
    private readonly Lock _lock = new();
    private T? _last;
    private string? _problem;
    private (DateTime Written, long Length)? _stamp;
    private long _lookedAt;
    private bool _wasLookedAt;

    public string Path => path;

    /// <summary>What is wrong with the file as it is now, as a line for the operator; null when nothing is.</summary>
    public string? Problem
    {
        get
        {
            Read();
            lock (_lock)
                return _problem is null ? null : $"{key}: {path}: {_problem}";
        }
    }

    /// <summary>The file is not there; known after <see cref="Read"/>.</summary>
    public bool IsMissing { get; private set; }

    /// <summary>What the file has, or had when it could be used last; null when it never could.</summary>
    public T? Read()
    {
        lock (_lock)
        {
            if (_wasLookedAt && watch.Time.GetElapsedTime(_lookedAt) < watch.Refresh)
                return _last;
            var before = _problem;
            _problem = Look();
            _wasLookedAt = true;
            _lookedAt = watch.Time.GetTimestamp();
            if (_problem is not null)
                watch.Failed(path, _problem, _problem != before, _last is not null);
            else if (before is not null)
                watch.Recovered(path);
            return _last;
        }
    }

    private string? Look()
    {
        IsMissing = false;
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var stamp = (File.GetLastWriteTimeUtc(file), RandomAccess.GetLength(file));
            if (stamp == _stamp)
                return _problem;
            if (stamp.Item2 > maxSize)
                return $"it has more than {maxSize} bytes";
            var content = new byte[stamp.Item2];
            var length = 0;
            for (int count; length < content.Length && (count = RandomAccess.Read(file, content.AsSpan(length), length)) > 0;)
                length += count;

            // What is wrong with these bytes stays wrong until they change
            _stamp = stamp;
            _last = parse(content.AsMemory(0, length), _last);
            return null;
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            _stamp = null;
            IsMissing = e is FileNotFoundException or DirectoryNotFoundException;
            return IsMissing ? "there is no such file" : $"it cannot be read: {e.Message}";
        }
    }
}
