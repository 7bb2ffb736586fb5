using Sora.Contracts;

namespace Sora.Mailstore.Sieve;

/// <summary>A script of the site in its file, looked at again after a while and read again when it has changed.</summary>
internal sealed class ScriptFile(string path, string name, long maxSize, TimeSpan refresh, TimeProvider time)
{
    private readonly Lock _lock = new();
    private SieveGlobalScript? _script;
    private (DateTime Written, long Length) _stamp;
    private long _lookedAt;

    public string Path => path;

    /// <summary>The script as the file is now, or was a moment ago.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">It cannot be read, or is larger than a script may be.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public SieveGlobalScript Read()
    {
        lock (_lock)
        {
            if (_script is not null && time.GetElapsedTime(_lookedAt) < refresh)
                return _script;
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var stamp = (File.GetLastWriteTimeUtc(file), RandomAccess.GetLength(file));
            if (_script is null || stamp != _stamp)
            {
                if (stamp.Item2 > maxSize)
                    throw new IOException($"it has more than {maxSize} bytes");
                var content = new byte[stamp.Item2];
                var length = 0;
                for (int count; length < content.Length && (count = RandomAccess.Read(file, content.AsSpan(length), length)) > 0;)
                    length += count;
                _script = new SieveGlobalScript(name, ScriptHash.Of(content.AsSpan(0, length)), content.AsMemory(0, length));
                _stamp = stamp;
            }

            _lookedAt = time.GetTimestamp();
            return _script;
        }
    }
}
