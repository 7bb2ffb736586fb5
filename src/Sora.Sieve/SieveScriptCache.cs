using System.Security.Cryptography;

namespace Sora.Sieve;

/// <summary>
/// Compiled scripts by the hash of their source, the last used ones, up to a number and a size. A script that does not compile is remembered too. Thread-safe.
/// </summary>
public sealed class SieveScriptCache
{
    // A tree takes about so many bytes for each byte of source, measured on scripts of rules
    private const int TreePerSource = 8;

    private readonly SieveCompilerOptions _options;
    private readonly int _maxScripts;
    private readonly long _maxBytes;
    private readonly Lock _lock = new();
    private readonly Dictionary<Key, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _order = []; // the last used one first
    private long _bytes;

    /// <summary>Creates a cache of scripts that are compiled with the same options.</summary>
    /// <param name="options">What the scripts may use.</param>
    /// <param name="maxScripts">Scripts kept at most.</param>
    /// <param name="maxBytes">Estimated memory kept at most.</param>
    public SieveScriptCache(SieveCompilerOptions options, int maxScripts, long maxBytes)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(maxScripts);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        _options = options;
        _maxScripts = maxScripts;
        _maxBytes = maxBytes;
    }

    private readonly record struct Key(UInt128 First, UInt128 Second);

    private sealed record Entry(Key Key, SieveCompilation Compilation, long Bytes);

    /// <summary>Scripts in the cache.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>Estimated memory of the scripts in the cache, in bytes.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    /// <summary>The compiled script; compiles it if it is not known.</summary>
    public SieveCompilation Get(ReadOnlyMemory<byte> script)
    {
        var key = KeyOf(script.Span);
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var known))
            {
                _order.Remove(known);
                _order.AddFirst(known);
                return known.Value.Compilation;
            }
        }

        // Two that compile the same script at once do no harm
        var compilation = SieveCompiler.Compile(script, _options);
        Add(new Entry(key, compilation, ((long)script.Length * TreePerSource) + 1024));
        return compilation;
    }

    private static Key KeyOf(ReadOnlySpan<byte> script)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(script, hash);
        return System.Runtime.InteropServices.MemoryMarshal.Read<Key>(hash);
    }

    private void Add(Entry entry)
    {
        lock (_lock)
        {
            if (_entries.ContainsKey(entry.Key))
                return;
            _entries[entry.Key] = _order.AddFirst(entry);
            _bytes += entry.Bytes;
            while (_order.Last is { } last && (_entries.Count > _maxScripts || _bytes > _maxBytes))
            {
                _order.RemoveLast();
                _entries.Remove(last.Value.Key);
                _bytes -= last.Value.Bytes;
            }
        }
    }
}
