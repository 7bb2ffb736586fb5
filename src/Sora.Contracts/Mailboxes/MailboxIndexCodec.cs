using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Sora.Contracts;

/// <summary>A chunk of a snapshot: its number, unique for the mailbox, and its checksum (CRC-32C).</summary>
public readonly record struct SnapshotChunk(long Number, uint Checksum);

/// <summary>What stands in a snapshot beside its chunks.</summary>
/// <param name="Index">The index without messages.</param>
public sealed record SnapshotHeader(
    MailboxIndex Index, IReadOnlyList<SnapshotChunk> Chunks, long NextChunk, IReadOnlyList<CompletedOperation> Operations);

/// <summary>
/// The stored form of a <see cref="MailboxIndex"/>: a header, and each chunk as columns of which every one has the smallest width that
/// holds its values as differences from a base or from a straight line. About 15 to 25 bytes a message, read at memory speed.
/// </summary>
public static class MailboxIndexCodec
{
    private const byte Version = 1;
    private const int ChecksumSize = sizeof(uint);

    public static byte[] EncodeHeader(SnapshotHeader header)
    {
        var index = header.Index;
        var writer = new ArrayBufferWriter<byte>(256 + (header.Chunks.Count * 16) + (header.Operations.Count * 32));
        writer.Write([Version, index.IsEnded ? (byte)1 : (byte)0]);
        MailboxDeltaCodec.WriteVarint(writer, index.UidNext.Value);
        MailboxDeltaCodec.WriteVarint(writer, (ulong)index.HighestModSeq.Value);
        MailboxDeltaCodec.WriteVarint(writer, index.FirstRecent.Value);
        MailboxDeltaCodec.WriteVarint(writer, (ulong)index.Keywords.SlotCount);
        for (var slot = 0; slot < index.Keywords.SlotCount; slot++)
        {
            var name = Encoding.UTF8.GetBytes(index.Keywords[slot]);
            MailboxDeltaCodec.WriteVarint(writer, (ulong)name.Length);
            writer.Write(name);
        }

        MailboxDeltaCodec.WriteVarint(writer, (ulong)header.NextChunk);
        MailboxDeltaCodec.WriteVarint(writer, (ulong)header.Chunks.Count);
        foreach (var (number, checksum) in header.Chunks)
        {
            MailboxDeltaCodec.WriteVarint(writer, (ulong)number);
            MailboxDeltaCodec.WriteVarint(writer, checksum);
        }

        StoredOperations.Write(writer, header.Operations);
        BinaryPrimitives.WriteUInt32LittleEndian(writer.GetSpan(ChecksumSize), Checksum(writer.WrittenSpan));
        writer.Advance(ChecksumSize);
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a header; a <see cref="SnapshotReader"/> adds the messages.</summary>
    /// <exception cref="InvalidDataException">The header is damaged or of an unknown version.</exception>
    public static SnapshotHeader DecodeHeader(MailboxId id, UidValidity uidValidity, byte[] data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.Length < ChecksumSize || Checksum(data.AsSpan(..^ChecksumSize)) != BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(^ChecksumSize..)))
            throw new InvalidDataException("Header of a snapshot has a wrong checksum");
        var reader = new VarintReader(data.AsSpan(..^ChecksumSize));
        if (reader.ReadByte() != Version)
            throw new InvalidDataException("Snapshot of an unknown version");
        var isEnded = reader.ReadByte() == 1;
        var uidNext = reader.ReadUInt32();
        var modSeq = (long)reader.ReadVarint();
        var firstRecent = reader.ReadUInt32();
        var keywords = KeywordTable.Empty;
        var slots = reader.ReadCount(1);
        for (var slot = 0; slot < slots; slot++)
            keywords = keywords.With(slot, Encoding.UTF8.GetString(reader.ReadBytes(1024)));
        var nextChunk = (long)reader.ReadVarint();
        var chunks = new SnapshotChunk[reader.ReadCount(2)];
        for (var i = 0; i < chunks.Length; i++)
            chunks[i] = new SnapshotChunk((long)reader.ReadVarint(), reader.ReadUInt32());
        var operations = new StoredOperations(data.AsMemory(data.Length - ChecksumSize - reader.Remaining, reader.Remaining));
        var index = MailboxIndex.Restore(
            id, uidValidity, new Uid(uidNext), new ModSeq(modSeq), keywords, new Uid(firstRecent), isEnded, []);
        return new SnapshotHeader(index, chunks, nextChunk, operations);
    }

    public static byte[] EncodeChunk(MailboxIndex index, int chunk)
    {
        var columns = index.Columns(chunk);
        var count = columns.Uids.Length;
        var writer = new ArrayBufferWriter<byte>(64 + (count * 24));
        writer.Write([Version]);
        MailboxDeltaCodec.WriteVarint(writer, (ulong)count);
        var values = ArrayPool<long>.Shared.Rent(count);
        var column = values.AsSpan(0, count);
        Widen(columns.Uids, column);
        WriteColumn(writer, column);
        WriteColumn(writer, columns.ModSeqs);
        WriteColumn(writer, MemoryMarshal.Cast<ulong, long>(columns.Flags));
        WriteColumn(writer, columns.InternalDates);
        WriteColumn(writer, columns.SaveDates);
        Widen(columns.Sizes, column);
        WriteColumn(writer, column);
        WriteColumn(writer, columns.Contents);
        ArrayPool<long>.Shared.Return(values);
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>CRC-32C.</summary>
    // Opening the first mailbox after a start must not wait for the compiler to find out that these loops are hot.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static uint Checksum(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        while (data.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }

        foreach (var b in data)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }

    internal static MessageChunk DecodeChunk(ReadOnlySpan<byte> data)
    {
        var reader = new VarintReader(data);
        if (reader.ReadByte() != Version)
            throw new InvalidDataException("Snapshot chunk of an unknown version");
        var count = reader.ReadVarint();
        if (count is 0 or > MessageChunk.Capacity)
            throw new InvalidDataException("Snapshot chunk has an impossible number of messages");
        var rows = (int)count;
        // Room for a few appends, so that the first delivery after opening does not copy the chunk
        var capacity = Math.Min(MessageChunk.Capacity, rows + 16);
        var (uids, modSeqs, flags, internalDates, saveDates, sizes, contents) = (
            new uint[capacity], new long[capacity], new ulong[capacity], new long[capacity], new long[capacity], new uint[capacity], new long[capacity]);
        var values = ArrayPool<long>.Shared.Rent(rows);
        var column = values.AsSpan(0, rows);
        ReadColumn(ref reader, column);
        Narrow(column, uids);
        ReadColumn(ref reader, modSeqs.AsSpan(0, rows));
        ReadColumn(ref reader, MemoryMarshal.Cast<ulong, long>(flags.AsSpan(0, rows)));
        ReadColumn(ref reader, internalDates.AsSpan(0, rows));
        ReadColumn(ref reader, saveDates.AsSpan(0, rows));
        ReadColumn(ref reader, column);
        Narrow(column, sizes);
        ReadColumn(ref reader, contents.AsSpan(0, rows));
        ArrayPool<long>.Shared.Return(values);
        return new MessageChunk(uids, modSeqs, flags, internalDates, saveDates, sizes, contents, rows);
    }

    private static void Widen(ReadOnlySpan<uint> from, Span<long> to)
    {
        for (var i = 0; i < from.Length; i++)
            to[i] = from[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow(ReadOnlySpan<long> from, Span<uint> to)
    {
        for (var i = 0; i < from.Length; i++)
            to[i] = checked((uint)from[i]);
    }

    // Three forms, of which the narrowest is taken. Flat and sloped: value[i] = base + step * i + row[i], with a step of 0 or 1. Chained:
    // value[i] = value[i - 1] + base + row[i], with value[-1] before the rows, for what grows unevenly such as dates and content numbers.
    private static void WriteColumn(ArrayBufferWriter<byte> writer, ReadOnlySpan<long> values)
    {
        var form = Form.Flat;
        var (least, spread) = Spread(values, 0);
        var (sloped, slopedSpread) = Spread(values, 1);
        if (slopedSpread < spread)
            (form, least, spread) = (Form.Sloped, sloped, slopedSpread);
        var (chained, chainedSpread) = ChainedSpread(values);
        if (WidthOf(chainedSpread) < WidthOf(spread))
            (form, least, spread) = (Form.Chained, chained, chainedSpread);

        var width = WidthOf(spread);
        var head = form == Form.Chained ? 18 : 10;
        var size = head + (width * values.Length);
        var span = writer.GetSpan(size);
        span[0] = (byte)width;
        span[1] = (byte)form;
        BinaryPrimitives.WriteInt64LittleEndian(span[2..], least);
        if (form == Form.Chained)
            BinaryPrimitives.WriteInt64LittleEndian(span[10..], values[0]);
        var rows = span[head..];
        for (var i = 0; i < values.Length; i++)
        {
            var expected = form switch
            {
                Form.Flat => least,
                Form.Sloped => least + i,
                _ => least + values[Math.Max(i - 1, 0)],
            };
            var difference = (ulong)(values[i] - expected);
            switch (width)
            {
                case 1: rows[i] = (byte)difference; break;
                case 2: BinaryPrimitives.WriteUInt16LittleEndian(rows[(i * 2)..], (ushort)difference); break;
                case 4: BinaryPrimitives.WriteUInt32LittleEndian(rows[(i * 4)..], (uint)difference); break;
                case 8: BinaryPrimitives.WriteUInt64LittleEndian(rows[(i * 8)..], difference); break;
                default: break;
            }
        }

        writer.Advance(size);
    }

    private static int WidthOf(ulong spread) => spread switch { 0 => 0, <= byte.MaxValue => 1, <= ushort.MaxValue => 2, <= uint.MaxValue => 4, _ => 8 };

    private static (long Least, ulong Spread) Spread(ReadOnlySpan<long> values, long step)
    {
        var (least, most) = (long.MaxValue, long.MinValue);
        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i] - (step * i);
            least = Math.Min(least, value);
            most = Math.Max(most, value);
        }

        return (least, (ulong)most - (ulong)least);
    }

    // The first value has no predecessor: it is its own, with a step of 0.
    private static (long Least, ulong Spread) ChainedSpread(ReadOnlySpan<long> values)
    {
        var (least, most) = (0L, 0L);
        for (var i = 1; i < values.Length; i++)
        {
            var step = values[i] - values[i - 1];
            least = Math.Min(least, step);
            most = Math.Max(most, step);
        }

        return (least, (ulong)most - (ulong)least);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReadColumn(ref VarintReader reader, Span<long> values)
    {
        var width = reader.ReadByte();
        var form = (Form)reader.ReadByte();
        var least = (long)reader.ReadUInt64();
        if (width is not (0 or 1 or 2 or 4 or 8) || form > Form.Chained)
            throw new InvalidDataException("Snapshot column of an unknown form");
        var first = form == Form.Chained ? (long)reader.ReadUInt64() : 0;
        var rows = reader.ReadSpan(width * values.Length);
        switch (width)
        {
            case 0:
                values.Clear();
                break;
            case 1:
                for (var i = 0; i < values.Length; i++)
                    values[i] = rows[i];
                break;
            case 2:
                var words = MemoryMarshal.Cast<byte, ushort>(rows);
                for (var i = 0; i < values.Length; i++)
                    values[i] = words[i];
                break;
            case 4:
                var doubles = MemoryMarshal.Cast<byte, uint>(rows);
                for (var i = 0; i < values.Length; i++)
                    values[i] = doubles[i];
                break;
            default:
                MemoryMarshal.Cast<byte, long>(rows).CopyTo(values);
                break;
        }

        if (form == Form.Chained)
        {
            foreach (ref var value in values)
                value = first += least + value;
            return;
        }

        var step = form == Form.Sloped ? 1L : 0L;
        for (var i = 0; i < values.Length; i++)
            values[i] += least + (step * i);
    }

    private enum Form : byte
    {
        Flat = 0,
        Sloped = 1,
        Chained = 2,
    }
}
