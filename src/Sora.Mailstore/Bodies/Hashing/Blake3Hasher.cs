using System.Runtime.CompilerServices;
using System.Text;

namespace Sora.Mailstore.Bodies.Hashing;

/// <summary>
/// BLAKE3, by which message bodies are named and checked. An instance takes an input in pieces of any size and may be used again after
/// <see cref="Reset"/>; it is not for several threads at once. Nothing is allocated per hash, but an instance keeps a buffer
/// of 16 KiB from the first piece on that has to wait for the next one.
/// </summary>
public sealed class Blake3Hasher
{
    /// <summary>Bytes of a hash unless more are asked for.</summary>
    public const int HashLength = 32;

    private Blake3Tree _tree;
    private byte[]? _pending;
    private int _pendingLength;

    /// <summary>The plain hash.</summary>
    public Blake3Hasher()
        : this(Blake3Paths.Best)
    {
    }

    internal Blake3Hasher(Blake3Path path) => _tree.Initialize(path, flags: 0);

    private Blake3Hasher(Blake3Path path, ReadOnlySpan<byte> key, uint flags) => _tree.Initialize(path, key, flags);

    /// <summary>The keyed hash, a message authentication code.</summary>
    /// <exception cref="ArgumentException"><paramref name="key"/> is not 32 bytes long.</exception>
    public static Blake3Hasher CreateKeyed(ReadOnlySpan<byte> key) => CreateKeyed(Blake3Paths.Best, key);

    /// <summary>Derives keys: <paramref name="context"/> names the use and is a constant of the program, the input is the key material.</summary>
    public static Blake3Hasher CreateDeriveKey(string context) => CreateDeriveKey(Blake3Paths.Best, context);

    internal static Blake3Hasher CreateKeyed(Blake3Path path, ReadOnlySpan<byte> key) =>
        key.Length == Blake3Constants.KeyLength
            ? new Blake3Hasher(path, key, Blake3Constants.KeyedHash)
            : throw new ArgumentException("A BLAKE3 key has 32 bytes.", nameof(key));

    internal static Blake3Hasher CreateDeriveKey(Blake3Path path, string context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var contextHasher = new Blake3Hasher(path);
        contextHasher._tree.Initialize(path, Blake3Constants.DeriveKeyContext);
        contextHasher.Update(Encoding.UTF8.GetBytes(context));
        Span<byte> key = stackalloc byte[Blake3Constants.KeyLength];
        contextHasher.Finalize(key);
        return new Blake3Hasher(path, key, Blake3Constants.DeriveKeyMaterial);
    }

    /// <summary>Hashes <paramref name="input"/> and fills <paramref name="hash32"/>: 32 bytes for the hash, or any other length.</summary>
    public static void Hash(ReadOnlySpan<byte> input, Span<byte> hash32) => Hash(Blake3Paths.Best, input, hash32);

    [SkipLocalsInit]
    internal static void Hash(Blake3Path path, ReadOnlySpan<byte> input, Span<byte> hash32)
    {
        Unsafe.SkipInit(out Blake3Tree tree);
        tree.Initialize(path, flags: 0);
        tree.Finish(input[tree.Take(input)..], hash32);
    }

    /// <summary>Forgets the input so far; key and mode stay.</summary>
    public void Reset()
    {
        _tree.Clear();
        _pendingLength = 0;
    }

    /// <summary>Adds the next piece of input. Pieces of more than 16 KiB are hashed where they lie, but for the end.</summary>
    public void Update(ReadOnlySpan<byte> input)
    {
        if (_pendingLength > 0)
        {
            var room = Blake3Tree.GroupLength - _pendingLength;
            if (input.Length > room)
            {
                // One byte beyond the group shows the tree that the group is not the end
                input[..(room + 1)].CopyTo(_pending.AsSpan(_pendingLength));
                _tree.Take(_pending);
                _pendingLength = 0;
                input = input[room..];
            }
        }
        if (input.Length > Blake3Tree.GroupLength)
            input = input[_tree.Take(input)..];
        if (input.IsEmpty)
            return;

        _pending ??= GC.AllocateUninitializedArray<byte>(Blake3Tree.GroupLength + 1);
        input.CopyTo(_pending.AsSpan(_pendingLength));
        _pendingLength += input.Length;
    }

    /// <summary>
    /// Fills <paramref name="hash32"/> with the hash of all input so far: 32 bytes for the hash, or any other length (a longer output
    /// begins with the shorter one). The state does not change, so more input may follow.
    /// </summary>
    public void Finalize(Span<byte> hash32) => _tree.Finish(_pending.AsSpan(0, _pendingLength), hash32);
}
