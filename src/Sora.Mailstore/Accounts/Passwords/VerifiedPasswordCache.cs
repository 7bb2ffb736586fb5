using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Sora.Mailstore.Accounts.Passwords;

/// <summary>
/// Remembers for a short time which passwords were right, so that a client that logs in ten times a second pays for one bcrypt. What
/// is kept is a digest under a key of this process, over account, stored hash and password: it tells nothing without the key, and
/// no longer matches once the stored hash has changed. Wrong passwords are not remembered. Safe for many threads.
/// </summary>
internal sealed class VerifiedPasswordCache
{
    private readonly int _capacity;
    private readonly TimeSpan _lifetime;
    private readonly TimeProvider _time;
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(64);
    private readonly Lock _lock = new();
    private readonly Dictionary<Digest, long> _addedAt = [];

    // Every entry lives equally long, so the oldest is also the first to end
    private readonly Queue<Digest> _oldestFirst = new();

    public VerifiedPasswordCache(int capacity, TimeSpan lifetime, TimeProvider time)
    {
        _capacity = lifetime > TimeSpan.Zero ? capacity : 0;
        _lifetime = lifetime;
        _time = time;
    }

    /// <summary>Entries held, the ended ones that nobody has cleared yet included.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _addedAt.Count;
        }
    }

    /// <summary>Whether this password was right for this account and stored hash a short time ago.</summary>
    public bool Contains(string account, string stored, string password)
    {
        if (_capacity == 0)
            return false;
        var digest = ComputeDigest(account, stored, password);
        lock (_lock)
            return _addedAt.TryGetValue(digest, out var added) && !IsOver(added);
    }

    /// <summary>Remembers a password that was found right. One that is still remembered does not live longer by it.</summary>
    public void Add(string account, string stored, string password)
    {
        if (_capacity == 0)
            return;
        var digest = ComputeDigest(account, stored, password);
        lock (_lock)
        {
            while (_oldestFirst.TryPeek(out var oldest) && IsOver(_addedAt[oldest]))
                RemoveOldest();
            if (!_addedAt.TryAdd(digest, _time.GetTimestamp()))
                return;
            _oldestFirst.Enqueue(digest);
            if (_oldestFirst.Count > _capacity)
                RemoveOldest();
        }
    }

    private void RemoveOldest() => _addedAt.Remove(_oldestFirst.Dequeue());

    private bool IsOver(long added) => _time.GetElapsedTime(added) >= _lifetime;

    private Digest ComputeDigest(string account, string stored, string password)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(
            3 * sizeof(int) + Encoding.UTF8.GetMaxByteCount(account.Length + stored.Length + password.Length));
        try
        {
            // With their lengths, so that no character can move from one to the other
            var length = Append(buffer, 0, account);
            length = Append(buffer, length, stored);
            length = Append(buffer, length, password);
            Digest digest = default;
            HMACSHA256.HashData(_key, buffer.AsSpan(0, length), MemoryMarshal.AsBytes(new Span<Digest>(ref digest)));
            return digest;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int Append(byte[] buffer, int at, string text)
    {
        var length = Encoding.UTF8.GetBytes(text, buffer.AsSpan(at + sizeof(int)));
        BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(at), length);
        return at + sizeof(int) + length;
    }

    /// <summary>The 32 bytes of HMAC-SHA256.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Digest(ulong A, ulong B, ulong C, ulong D);
}
