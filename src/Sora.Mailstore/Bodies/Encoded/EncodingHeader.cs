using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Sora.Mailstore.Bodies.Encoded;

/// <summary>
/// The first 80 bytes of an encoded object, integers in network order: magic (8), version (1), flags (1), compression (1), binary logarithm of the
/// chunk size (1), zeros (4), size of the plain body (8), check of the key (8), salt (16), name of the key in ASCII with zeros behind it (32).
/// </summary>
internal readonly record struct EncodingHeader
{
    public const int Length = 80;
    public const int CheckLength = 8;
    public const int SaltLength = 16;
    public const int KeyIdLength = 32;
    public const int MinChunkBits = 10;
    public const int MaxChunkBits = 24;

    /// <summary>What no message begins with by chance: a byte that is not ASCII, and line ends of all kinds.</summary>
    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'S', (byte)'O', (byte)'R', (byte)'A', 0x0D, 0x0A, 0x1A];

    private const byte Version = 1;
    private const byte EncryptedFlag = 1;
    private const byte LengthsFlag = 2;

    private static readonly SearchValues<char> KeyIdChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Name of the key; null when it is not encrypted.</summary>
    public string? KeyId { get; init; }

    /// <summary>What its chunks may be compressed with.</summary>
    public BodyCompression Compression { get; init; }

    /// <summary>Chunks have a length of their own, and a table of them stands at the end.</summary>
    public bool HasLengths => Compression != BodyCompression.None;

    public int ChunkBits { get; init; }

    public int ChunkSize => 1 << ChunkBits;

    /// <summary>Size of the plain body.</summary>
    public long Size { get; init; }

    /// <summary>At least one, so that an empty body is authenticated too.</summary>
    public long ChunkCount => Math.Max(1, (Size + ChunkSize - 1) >> ChunkBits);

    /// <summary>Plain bytes of a chunk.</summary>
    public int PlainLength(long chunk) => (int)Math.Min(ChunkSize, Size - (chunk << ChunkBits));

    /// <summary>Where a chunk begins, of those that have no lengths.</summary>
    public long OffsetOf(long chunk) => Length + (chunk * (ChunkSize + ChunkCipher.TagLength));

    /// <summary>Whether an object that begins like this is encoded.</summary>
    public static bool IsEncoded(ReadOnlySpan<byte> start) => start.StartsWith(Magic);

    /// <summary>Whether a file begins like an encoded object.</summary>
    public static bool IsEncodedFile(string path)
    {
        try
        {
            Span<byte> start = stackalloc byte[8];
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return IsEncoded(start[..RandomAccess.Read(file, start, 0)]);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>A name that a key may have: 1 to 32 letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.</summary>
    public static bool IsKeyId(string id) => id.Length is > 0 and <= KeyIdLength && !id.AsSpan().ContainsAnyExcept(KeyIdChars);

    public void Write(Span<byte> target, ReadOnlySpan<byte> check, ReadOnlySpan<byte> salt)
    {
        target[..Length].Clear();
        Magic.CopyTo(target);
        target[8] = Version;
        target[9] = (byte)((KeyId is null ? 0 : EncryptedFlag) | (HasLengths ? LengthsFlag : 0));
        target[10] = (byte)Compression;
        target[11] = (byte)ChunkBits;
        BinaryPrimitives.WriteInt64BigEndian(target[16..], Size);
        if (KeyId is null)
            return;
        check.CopyTo(target.Slice(24, CheckLength));
        salt.CopyTo(target.Slice(32, SaltLength));
        Encoding.ASCII.GetBytes(KeyId, target.Slice(48, KeyIdLength));
    }

    public static ReadOnlySpan<byte> CheckOf(ReadOnlySpan<byte> header) => header.Slice(24, CheckLength);

    public static ReadOnlySpan<byte> SaltOf(ReadOnlySpan<byte> header) => header.Slice(32, SaltLength);

    /// <exception cref="BodyDamagedException">It is not a header that was written by this or an earlier version.</exception>
    public static EncodingHeader Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Length || !IsEncoded(bytes))
            throw new BodyDamagedException("its header is cut off");
        if (bytes[8] != Version)
            throw new BodyDamagedException($"its header has version {bytes[8]}, which is not known");
        var flags = bytes[9];
        var header = new EncodingHeader
        {
            Compression = (BodyCompression)bytes[10],
            ChunkBits = bytes[11],
            Size = BinaryPrimitives.ReadInt64BigEndian(bytes[16..]),
            KeyId = (flags & EncryptedFlag) != 0 ? ReadKeyId(bytes.Slice(48, KeyIdLength)) : null,
        };
        var isGood = flags <= (EncryptedFlag | LengthsFlag) && header.Compression <= BodyCompression.Brotli && header.HasLengths == ((flags & LengthsFlag) != 0)
            && header.ChunkBits is >= MinChunkBits and <= MaxChunkBits && header.Size >= 0 && header.ChunkCount <= int.MaxValue / 8
            && !bytes.Slice(12, 4).ContainsAnyExcept((byte)0)
            && (header.KeyId is not null || !bytes[24..Length].ContainsAnyExcept((byte)0));
        return isGood ? header : throw new BodyDamagedException("its header is damaged");
    }

    private static string ReadKeyId(ReadOnlySpan<byte> bytes)
    {
        var id = bytes.TrimEnd((byte)0);
        foreach (var octet in id)
        {
            if (!KeyIdChars.Contains((char)octet))
                throw new BodyDamagedException("its header names no key");
        }

        return id.IsEmpty ? throw new BodyDamagedException("its header names no key") : Encoding.ASCII.GetString(id);
    }
}
