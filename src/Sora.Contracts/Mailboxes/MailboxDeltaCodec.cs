using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Sora.Contracts;

/// <summary>
/// The stored form of a <see cref="MailboxDelta"/>: a version byte, then variable-length integers; UIDs and dates relative to the one
/// before. A record of one delivery has about 30 bytes, "+\Seen on 1:*" has a dozen. What only those need who bring expunged messages back stands
/// behind the rest: a program that does not know of it does not read it.
/// </summary>
public static class MailboxDeltaCodec
{
    private const byte Version = 1;
    private const int MaxKeywordBytes = 1024;

    public static byte[] Encode(MailboxDelta delta)
    {
        var writer = new ArrayBufferWriter<byte>(64 + (delta.Appended.Count * 32));
        Write(writer, Version);
        WriteVarint(writer, (ulong)delta.ModSeq.Value);
        WriteVarint(writer, delta.UidNext);
        WriteVarint(writer, delta.FirstRecent);
        Write(writer, delta.IsEnd ? (byte)1 : (byte)0);

        WriteKeywords(writer, delta.Keywords);
        WriteVarint(writer, (ulong)delta.Appended.Count);
        var previous = default(AppendedMessage);
        foreach (var message in delta.Appended)
        {
            WriteVarint(writer, message.Uid - previous.Uid);
            WriteVarint(writer, message.Flags);
            WriteSigned(writer, message.InternalDate - previous.InternalDate);
            WriteSigned(writer, message.SaveDate - previous.SaveDate);
            WriteVarint(writer, message.Size);
            WriteSigned(writer, message.Content.Value - previous.Content.Value);
            previous = message;
        }

        WriteVarint(writer, (ulong)delta.FlagChanges.Count);
        foreach (var change in delta.FlagChanges)
        {
            WriteUids(writer, change.Uids);
            WriteVarint(writer, change.Add);
            WriteMask(writer, change.Remove);
        }

        WriteUids(writer, delta.Expunged);

        WriteVarint(writer, (ulong)delta.Operations.Count);
        foreach (var operation in delta.Operations)
            WriteOperation(writer, operation);
        if (!delta.Expunged.IsEmpty)
        {
            WriteVarint(writer, (ulong)delta.ExpungedFlags.Count);
            foreach (var flags in delta.ExpungedFlags)
            {
                WriteUids(writer, flags.Uids);
                WriteVarint(writer, flags.Flags);
            }

            WriteKeywords(writer, delta.ExpungedKeywords);
            WriteUids(writer, delta.Moved);
        }

        return writer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a record.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a record of a known version, or are damaged.</exception>
    public static MailboxDelta Decode(ReadOnlySpan<byte> data)
    {
        var reader = new VarintReader(data);
        if (reader.ReadByte() != Version)
            throw new InvalidDataException("Mailbox record of an unknown version");
        var modSeq = new ModSeq((long)reader.ReadVarint());
        var uidNext = reader.ReadUInt32();
        var firstRecent = reader.ReadUInt32();
        var isEnd = reader.ReadByte() == 1;

        var keywords = ReadKeywords(ref reader);
        var appended = new AppendedMessage[reader.ReadCount(6)];
        var previous = default(AppendedMessage);
        for (var i = 0; i < appended.Length; i++)
        {
            previous = new AppendedMessage(
                previous.Uid + reader.ReadUInt32(),
                reader.ReadVarint(),
                previous.InternalDate + reader.ReadSigned(),
                previous.SaveDate + reader.ReadSigned(),
                reader.ReadUInt32(),
                new ContentId(previous.Content.Value + reader.ReadSigned()));
            appended[i] = previous;
        }

        var changes = new FlagChange[reader.ReadCount(3)];
        for (var i = 0; i < changes.Length; i++)
            changes[i] = new FlagChange(ReadUids(ref reader), reader.ReadVarint(), ReadMask(ref reader));

        var expunged = ReadUids(ref reader);
        var operations = new CompletedOperation[reader.ReadCount(20)];
        for (var i = 0; i < operations.Length; i++)
            operations[i] = ReadOperation(ref reader);
        var hadFlags = new ExpungedFlags[reader.IsAtEnd ? 0 : reader.ReadCount(2)];
        for (var i = 0; i < hadFlags.Length; i++)
            hadFlags[i] = new ExpungedFlags(ReadUids(ref reader), reader.ReadVarint());
        var hadKeywords = reader.IsAtEnd ? [] : ReadKeywords(ref reader);
        var moved = reader.IsAtEnd ? UidSet.Empty : ReadUids(ref reader);
        return new MailboxDelta
        {
            ModSeq = modSeq,
            UidNext = uidNext,
            FirstRecent = firstRecent,
            IsEnd = isEnd,
            Keywords = keywords,
            Appended = appended,
            FlagChanges = changes,
            Expunged = expunged,
            ExpungedFlags = hadFlags,
            ExpungedKeywords = hadKeywords,
            Moved = moved,
            Operations = operations,
        };
    }

    private static void WriteKeywords(ArrayBufferWriter<byte> writer, IReadOnlyList<KeywordDefinition> keywords)
    {
        WriteVarint(writer, (ulong)keywords.Count);
        foreach (var (slot, name) in keywords)
        {
            Write(writer, (byte)slot);
            var bytes = Encoding.UTF8.GetBytes(name);
            WriteVarint(writer, (ulong)bytes.Length);
            writer.Write(bytes);
        }
    }

    private static KeywordDefinition[] ReadKeywords(ref VarintReader reader)
    {
        var keywords = new KeywordDefinition[reader.ReadCount(2)];
        for (var i = 0; i < keywords.Length; i++)
        {
            var slot = reader.ReadByte();
            if (slot >= FlagMask.MaxKeywords)
                throw new InvalidDataException("Keyword slot out of range");
            keywords[i] = new KeywordDefinition(slot, Encoding.UTF8.GetString(reader.ReadBytes(MaxKeywordBytes)));
        }

        return keywords;
    }

    public static void WriteOperation(IBufferWriter<byte> writer, CompletedOperation operation)
    {
        var id = writer.GetSpan(16);
        BinaryPrimitives.WriteUInt64LittleEndian(id, operation.Id.High);
        BinaryPrimitives.WriteUInt64LittleEndian(id[8..], operation.Id.Low);
        writer.Advance(16);
        WriteUids(writer, operation.Uids);
        WriteUids(writer, operation.SourceUids);
        WriteVarint(writer, operation.UidValidity.Value);
        WriteVarint(writer, (ulong)operation.ModSeq);
        WriteVarint(writer, (ulong)operation.Time);
    }

    public static CompletedOperation ReadOperation(ref VarintReader reader)
    {
        var id = new OperationId(reader.ReadUInt64(), reader.ReadUInt64());
        return new CompletedOperation(
            id, ReadUids(ref reader), ReadUids(ref reader), new UidValidity(reader.ReadUInt32()), (long)reader.ReadVarint(), (long)reader.ReadVarint());
    }

    public static void WriteUids(IBufferWriter<byte> writer, UidSet uids)
    {
        WriteVarint(writer, (ulong)uids.Ranges.Length);
        var previous = 0u;
        foreach (var range in uids.Ranges)
        {
            WriteVarint(writer, range.First - previous);
            WriteVarint(writer, range.Last - range.First);
            previous = range.Last;
        }
    }

    public static UidSet ReadUids(ref VarintReader reader)
    {
        var count = reader.ReadCount(2);
        if (count == 0)
            return UidSet.Empty;
        var builder = new UidSet.Builder();
        var previous = 0ul;
        for (var i = 0; i < count; i++)
        {
            var first = previous + reader.ReadUInt32();
            var last = first + reader.ReadUInt32();
            if (last > uint.MaxValue)
                throw new InvalidDataException("UID out of range");
            builder.Add((uint)first, (uint)last);
            previous = last;
        }

        return builder.ToSet();
    }

    public static void WriteVarint(IBufferWriter<byte> writer, ulong value)
    {
        var span = writer.GetSpan(10);
        var i = 0;
        while (value >= 0x80)
        {
            span[i++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[i++] = (byte)value;
        writer.Advance(i);
    }

    private static void WriteSigned(IBufferWriter<byte> writer, long value) => WriteVarint(writer, (ulong)((value << 1) ^ (value >> 63)));

    // A removal mask is either small or nearly all ones (STORE FLAGS): keep both short.
    private static void WriteMask(IBufferWriter<byte> writer, ulong mask) => WriteSigned(writer, (long)mask);

    private static ulong ReadMask(ref VarintReader reader) => (ulong)reader.ReadSigned();

    private static void Write(ArrayBufferWriter<byte> writer, byte value)
    {
        writer.GetSpan(1)[0] = value;
        writer.Advance(1);
    }
}
