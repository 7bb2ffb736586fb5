using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Sora.Mime;

/// <summary>
/// Sora's binary form of structures and envelopes: a version byte, the value in variable-length integers and counted bytes
/// (offsets relative to what comes before), and a CRC-32C over both.
/// </summary>
internal static class StructureFormat
{
    private const byte StructureVersion = 1;
    private const byte EnvelopeVersion = 0x81;
    private const int ChecksumLength = 4;

    public static void Write(MimePart root, IBufferWriter<byte> writer)
    {
        var output = new StructureWriter(StructureVersion);
        output.Part(root, 0);
        Finish(ref output, writer);
    }

    public static void Write(Envelope envelope, IBufferWriter<byte> writer)
    {
        var output = new StructureWriter(EnvelopeVersion);
        output.Envelope(envelope);
        Finish(ref output, writer);
    }

    public static bool TryRead(ReadOnlySpan<byte> data, int prefixLength, [NotNullWhen(true)] out MimePart? root)
    {
        root = null;
        if (!IsIntact(data, StructureVersion))
            return false;
        var input = new StructureReader(data[1..^ChecksumLength]);
        root = input.Part(0, prefixLength, 0);
        if (input.IsDamaged || !input.AtEnd || root is null)
        {
            root = null;
            return false;
        }
        root.HeaderStart -= prefixLength;
        return true;
    }

    public static bool TryRead(ReadOnlySpan<byte> data, [NotNullWhen(true)] out Envelope? envelope)
    {
        envelope = null;
        if (!IsIntact(data, EnvelopeVersion))
            return false;
        var input = new StructureReader(data[1..^ChecksumLength]);
        var read = input.Envelope();
        if (input.IsDamaged || !input.AtEnd)
            return false;
        envelope = read;
        return true;
    }

    private static void Finish(ref StructureWriter output, IBufferWriter<byte> writer)
    {
        var written = output.Written;
        var target = writer.GetSpan(written.Length + ChecksumLength);
        written.CopyTo(target);
        BinaryPrimitives.WriteUInt32LittleEndian(target[written.Length..], Checksum(written));
        writer.Advance(written.Length + ChecksumLength);
        output.Dispose();
    }

    private static bool IsIntact(ReadOnlySpan<byte> data, byte version) =>
        data.Length > ChecksumLength
        && data[0] == version
        && BinaryPrimitives.ReadUInt32LittleEndian(data[^ChecksumLength..]) == Checksum(data[..^ChecksumLength]);

    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        while (data.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[sizeof(ulong)..];
        }
        foreach (byte b in data)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
