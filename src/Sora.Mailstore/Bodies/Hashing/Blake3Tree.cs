using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Sora.Mailstore.Bodies.Hashing;

/// <summary>
/// The hash tree over one input (paper, section 2.1): a key, and the chaining values of the complete subtrees that still wait for
/// their right sister. Input comes as groups of whole chunks, the rest at the end.
/// </summary>
internal unsafe struct Blake3Tree
{
    /// <summary>Bytes of the smallest piece that is taken before the end: sixteen chunks, one for each lane of the widest path.</summary>
    public const int GroupLength = GroupChunks * Blake3Constants.ChunkLength;

    private const int GroupChunks = 16;

    /// <summary>The largest subtree done in one go; more would gain little and cost stack.</summary>
    private const int MaxBatchChunks = 128;

    /// <summary>One waiting subtree per binary digit of the number of groups; 2^64 bytes are 2^50 groups.</summary>
    private const int MaxDepth = 50;

    private fixed uint _key[8];
    private fixed uint _waiting[MaxDepth * 8];
    private int _depth;
    private uint _flags;
    private ulong _chunks;
    private Blake3Path _path;

    /// <summary>Starts over without a key, which means with the IV in its place.</summary>
    public void Initialize(Blake3Path path, uint flags)
    {
        _key[0] = Blake3Constants.Iv0;
        _key[1] = Blake3Constants.Iv1;
        _key[2] = Blake3Constants.Iv2;
        _key[3] = Blake3Constants.Iv3;
        _key[4] = Blake3Constants.Iv4;
        _key[5] = Blake3Constants.Iv5;
        _key[6] = Blake3Constants.Iv6;
        _key[7] = Blake3Constants.Iv7;
        _path = path;
        _flags = flags;
        Clear();
    }

    /// <summary>Starts over with a key of 32 bytes and the flags of the mode.</summary>
    public void Initialize(Blake3Path path, ReadOnlySpan<byte> key, uint flags)
    {
        for (var i = 0; i < 8; i++)
            _key[i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(i * 4)..]);
        _path = path;
        _flags = flags;
        Clear();
    }

    /// <summary>Starts over with the same key.</summary>
    public void Clear()
    {
        _depth = 0;
        _chunks = 0;
    }

    /// <summary>
    /// Takes whole groups from the start of <paramref name="input"/> and gives the number of bytes taken. At least one byte is always
    /// left: the last chunk is compressed differently, and whether it is the last only <see cref="Finish"/> knows.
    /// </summary>
    [SkipLocalsInit]
    public int Take(ReadOnlySpan<byte> input)
    {
        var taken = 0;
        var chains = stackalloc uint[MaxBatchChunks * 8];
        fixed (byte* start = input)
        fixed (uint* key = _key)
        {
            while (input.Length - taken > GroupLength)
            {
                var available = (input.Length - taken - 1) / Blake3Constants.ChunkLength;
                var chunks = MaxBatchChunks;
                // A subtree begins at a multiple of its own size
                while (chunks > available || (_chunks & (uint)(chunks - 1)) != 0)
                    chunks >>= 1;

                Blake3Wide.Compress(_path, Chunks(start + taken, key, _chunks), chunks, chains);
                Reduce(key, chains, chunks, downTo: 1);
                Push(key, chains, chunks);
                taken += chunks * Blake3Constants.ChunkLength;
            }
        }
        return taken;
    }

    /// <summary>
    /// Ends the tree with <paramref name="tail"/>, the last 0 to <see cref="GroupLength"/> bytes (none only when the whole input is
    /// empty), and fills <paramref name="hash"/>. The tree stays as it was.
    /// </summary>
    [SkipLocalsInit]
    public void Finish(ReadOnlySpan<byte> tail, Span<byte> hash)
    {
        var chains = stackalloc uint[GroupChunks * 8];
        // What the root is made from: the input chain, one block and its length, counter and flags
        var chain = stackalloc uint[8];
        var block = stackalloc byte[Blake3Constants.BlockLength];
        uint blockLength;
        ulong counter;
        uint flags;

        fixed (byte* start = tail)
        fixed (uint* key = _key)
        fixed (uint* waiting = _waiting)
        {
            var lastStart = tail.Length == 0 ? 0 : (tail.Length - 1) / Blake3Constants.ChunkLength * Blake3Constants.ChunkLength;
            var wholeChunks = lastStart / Blake3Constants.ChunkLength;
            if (wholeChunks == 0)
            {
                blockLength = OpenChunk(key, start, tail.Length, _chunks, chain, block, out flags);
                counter = _chunks;
            }
            else
            {
                var last = tail.Length - lastStart;
                if (last == Blake3Constants.ChunkLength)
                {
                    Blake3Wide.Compress(_path, Chunks(start, key, _chunks), wholeChunks + 1, chains);
                }
                else
                {
                    Blake3Wide.Compress(_path, Chunks(start, key, _chunks), wholeChunks, chains);
                    var lastCounter = _chunks + (uint)wholeChunks;
                    blockLength = OpenChunk(key, start + lastStart, last, lastCounter, chain, block, out flags);
                    Blake3Block.Compress(_path, chain, block, blockLength, lastCounter, flags, chains + wholeChunks * 8, whole: false);
                }
                Reduce(key, chains, wholeChunks + 1, downTo: 2);
                OpenParent(key, chains, chains + 8, chain, block, out blockLength, out counter, out flags);
            }

            for (var i = _depth - 1; i >= 0; i--)
            {
                Blake3Block.Compress(_path, chain, block, blockLength, counter, flags, chains, whole: false);
                OpenParent(key, waiting + i * 8, chains, chain, block, out blockLength, out counter, out flags);
            }
        }

        WriteRoot(chain, block, blockLength, flags | Blake3Constants.Root, hash);
    }

    /// <summary>Compresses a chunk up to its last block, which is left in <paramref name="block"/>; gives that block's length.</summary>
    private readonly uint OpenChunk(uint* key, byte* chunk, int length, ulong counter, uint* chain, byte* block, out uint flags)
    {
        var whole = length == 0 ? 0 : (length - 1) / Blake3Constants.BlockLength;
        new ReadOnlySpan<uint>(key, 8).CopyTo(new Span<uint>(chain, 8));
        Blake3Block.CompressChain(_path, chain, chunk, whole, counter, _flags, Blake3Constants.ChunkStart, lastFlags: 0);

        var rest = length - whole * Blake3Constants.BlockLength;
        new Span<byte>(block, Blake3Constants.BlockLength).Clear();
        new ReadOnlySpan<byte>(chunk + whole * Blake3Constants.BlockLength, rest).CopyTo(new Span<byte>(block, rest));
        flags = _flags | Blake3Constants.ChunkEnd | (whole == 0 ? Blake3Constants.ChunkStart : 0);
        return (uint)rest;
    }

    private readonly void OpenParent(
        uint* key, uint* left, uint* right, uint* chain, byte* block, out uint blockLength, out ulong counter, out uint flags)
    {
        new ReadOnlySpan<uint>(key, 8).CopyTo(new Span<uint>(chain, 8));
        WriteChain(left, block);
        WriteChain(right, block + Blake3Constants.ChainLength);
        blockLength = Blake3Constants.BlockLength;
        counter = 0;
        flags = _flags | Blake3Constants.Parent;
    }

    private static void WriteChain(uint* chain, byte* target)
    {
        for (var i = 0; i < 8; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(target + i * 4, 4), chain[i]);
    }

    /// <summary>
    /// Joins neighbours level by level. One that is left over moves up as it is, which is the tree's own rule: a left subtree is
    /// the largest power of two of chunks that leaves something for the right one.
    /// </summary>
    private readonly void Reduce(uint* key, uint* chains, int count, int downTo)
    {
        while (count > downTo)
        {
            var pairs = count / 2;
            if (!BitConverter.IsLittleEndian)
                BinaryPrimitives.ReverseEndianness(new ReadOnlySpan<uint>(chains, pairs * 16), new Span<uint>(chains, pairs * 16));
            var parents = new Blake3Inputs
            {
                First = (byte*)chains,
                Stride = Blake3Constants.BlockLength,
                Blocks = 1,
                Key = key,
                Flags = _flags | Blake3Constants.Parent,
            };
            Blake3Wide.Compress(_path, parents, pairs, chains);
            if ((count & 1) != 0)
                new ReadOnlySpan<uint>(chains + (count - 1) * 8, 8).CopyTo(new Span<uint>(chains + pairs * 8, 8));
            count = pairs + (count & 1);
        }
    }

    /// <summary>Puts a complete subtree on the stack, joined with every waiting one that it completes.</summary>
    private void Push(uint* key, uint* subtree, int chunks)
    {
        fixed (uint* waiting = _waiting)
        {
            var top = waiting + _depth * 8;
            new ReadOnlySpan<uint>(subtree, 8).CopyTo(new Span<uint>(top, 8));
            for (var place = _chunks / (uint)chunks; (place & 1) != 0; place >>= 1)
            {
                top -= 8;
                _depth--;
                Reduce(key, top, count: 2, downTo: 1);
            }
        }
        _depth++;
        _chunks += (uint)chunks;
    }

    private readonly Blake3Inputs Chunks(byte* first, uint* key, ulong counter) => new()
    {
        First = first,
        Stride = Blake3Constants.ChunkLength,
        Blocks = Blake3Constants.BlocksPerChunk,
        Key = key,
        Counter = counter,
        CounterStep = 1,
        Flags = _flags,
        FirstFlags = Blake3Constants.ChunkStart,
        LastFlags = Blake3Constants.ChunkEnd,
    };

    /// <summary>The output of any length (paper, section 2.6): the root block again and again, with a counter.</summary>
    [SkipLocalsInit]
    private readonly void WriteRoot(uint* chain, byte* block, uint blockLength, uint flags, Span<byte> hash)
    {
        var words = stackalloc uint[16];
        var bytes = new ReadOnlySpan<byte>(words, Blake3Constants.BlockLength);
        for (ulong counter = 0; !hash.IsEmpty; counter++)
        {
            var whole = hash.Length > Blake3Constants.ChainLength;
            Blake3Block.Compress(_path, chain, block, blockLength, counter, flags, words, whole);
            if (!BitConverter.IsLittleEndian)
                BinaryPrimitives.ReverseEndianness(new ReadOnlySpan<uint>(words, 16), new Span<uint>(words, 16));
            var length = Math.Min(hash.Length, Blake3Constants.BlockLength);
            bytes[..length].CopyTo(hash);
            hash = hash[length..];
        }
    }
}
