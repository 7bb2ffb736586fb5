using System.Buffers.Binary;
using System.Text;
using Sora.Contracts;
using Sora.Mime;

namespace Sora.Mailstore.Search;

/// <summary>Column <see cref="SegmentField.Dates"/>: of each document the sent date (8 octets) and the sent day (4 octets).</summary>
internal sealed class DateColumn
{
    private const int Width = 12;

    public DateColumn(ReadOnlySpan<byte> data)
    {
        Dates = new long[data.Length / Width];
        Days = new int[Dates.Length];
        for (var i = 0; i < Dates.Length; i++, data = data[Width..])
        {
            Dates[i] = BinaryPrimitives.ReadInt64LittleEndian(data);
            Days[i] = BinaryPrimitives.ReadInt32LittleEndian(data[8..]);
        }
    }

    public long[] Dates { get; }

    public int[] Days { get; }

    public static void Write(long date, int day, ref SegmentWriter writer)
    {
        writer.UInt64((ulong)date);
        writer.Int32(day);
    }
}

/// <summary>
/// Column <see cref="SegmentField.Texts"/>: the texts, each once, then for each document whether it is a reply and the numbers of its six texts.
/// </summary>
internal sealed class TextColumns
{
    public const int Columns = 6;

    private readonly int[] _numbers;
    private readonly bool[] _replies;

    public TextColumns(ReadOnlySpan<byte> data)
    {
        var reader = new VarintReader(data);
        Texts = data.IsEmpty ? [] : new string[reader.ReadCount(1)];
        for (var i = 0; i < Texts.Length; i++)
        {
            var bytes = reader.ReadBytes(reader.Remaining);
            Texts[i] = Encoding.UTF8.GetString(bytes);
            Size += (Texts[i].Length * 2) + 32;
        }

        var count = data.IsEmpty ? 0 : reader.ReadCount(1);
        _replies = new bool[count];
        _numbers = new int[count * Columns];
        for (var i = 0; i < count; i++)
        {
            _replies[i] = reader.ReadByte() != 0;
            for (var column = 0; column < Columns; column++)
            {
                var number = reader.ReadUInt32();
                _numbers[(i * Columns) + column] = number < Texts.Length ? (int)number : throw new InvalidDataException("There is no such text");
            }
        }

        Size += count * (long)((Columns * 4) + 1);
    }

    /// <summary>Bytes in memory.</summary>
    public long Size { get; }

    public string[] Texts { get; }

    public int Count => _replies.Length;

    public bool IsReply(int document) => _replies[document];

    /// <summary>The number of a document's text: subject, from, to, cc, display from, display to.</summary>
    public int Number(int document, int column) => _numbers[(document * Columns) + column];

    public string Text(int document, int column) => Texts[Number(document, column)];
}

/// <summary>Writes <see cref="TextColumns"/>.</summary>
internal sealed class TextColumnsBuilder : IDisposable
{
    private readonly Dictionary<string, int> _known = new(StringComparer.Ordinal);
    private SegmentWriter _texts;
    private SegmentWriter _rows;
    private int _count;

    public void Add(SortKeys keys)
    {
        Begin(keys.IsReply);
        Put(keys.Subject);
        Put(keys.From);
        Put(keys.To);
        Put(keys.Cc);
        Put(keys.DisplayFrom);
        Put(keys.DisplayTo);
    }

    /// <summary>Adds the documents that have a number to go on with.</summary>
    public void Add(TextColumns columns, int[] renumbered)
    {
        var numbers = new int[columns.Texts.Length];
        Array.Fill(numbers, -1);
        for (var document = 0; document < columns.Count; document++)
        {
            if (renumbered[document] < 0)
                continue;
            Begin(columns.IsReply(document));
            for (var column = 0; column < TextColumns.Columns; column++)
            {
                ref var number = ref numbers[columns.Number(document, column)];
                if (number < 0)
                    number = NumberOf(columns.Text(document, column));
                _rows.Varint((ulong)number);
            }
        }
    }

    public FieldData Build()
    {
        var whole = new SegmentWriter();
        whole.Varint((ulong)_known.Count);
        whole.Bytes(_texts.Written);
        whole.Varint((ulong)_count);
        whole.Bytes(_rows.Written);
        var data = new FieldData(SegmentField.Texts, whole.ToArray(), []);
        whole.Dispose();
        return data;
    }

    public void Dispose()
    {
        _texts.Dispose();
        _rows.Dispose();
    }

    private void Begin(bool isReply)
    {
        _count++;
        _rows.Byte(isReply ? (byte)1 : (byte)0);
    }

    private void Put(string text) => _rows.Varint((ulong)NumberOf(text));

    private int NumberOf(string text)
    {
        if (_known.TryGetValue(text, out var number))
            return number;
        _known.Add(text, number = _known.Count);
        var bytes = Encoding.UTF8.GetBytes(text);
        _texts.Varint((ulong)bytes.Length);
        _texts.Bytes(bytes);
        return number;
    }
}

/// <summary>Column <see cref="SegmentField.Threads"/>: of each document the hash of its Message-ID, then how many references and their hashes.</summary>
internal sealed class ThreadColumn
{
    public ThreadColumn(ReadOnlySpan<byte> data, int documents)
    {
        Ids = new ulong[documents];
        References = new ulong[documents][];
        var reader = new VarintReader(data);
        for (var i = 0; i < documents; i++)
        {
            Ids[i] = reader.ReadUInt64();
            var count = reader.ReadCount(8);
            var references = References[i] = count == 0 ? [] : new ulong[count];
            for (var k = 0; k < count; k++)
                references[k] = reader.ReadUInt64();
            Size += 16 + (count == 0 ? 0 : 24 + (8 * count));
        }
    }

    /// <summary>Bytes in memory.</summary>
    public long Size { get; }

    public ulong[] Ids { get; }

    public ulong[][] References { get; }

    public static void Write(ulong id, ulong[] references, ref SegmentWriter writer)
    {
        writer.UInt64(id);
        writer.Varint((ulong)references.Length);
        foreach (var reference in references)
            writer.UInt64(reference);
    }
}
