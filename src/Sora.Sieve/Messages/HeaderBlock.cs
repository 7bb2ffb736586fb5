using System.Buffers;
using System.Text;
using Sora.Mime;

namespace Sora.Sieve.Messages;

/// <summary>A header block, its fields in order and found by name. Immutable but for what the entries keep; one thread at a time.</summary>
internal sealed class HeaderBlock
{
    private readonly HeaderEntry[] _entries;
    private readonly int[] _buckets; // the first field of each bucket plus one
    private readonly int[] _next; // the next field of the same bucket plus one

    private HeaderBlock(HeaderEntry[] entries)
    {
        _entries = entries;
        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(entries.Length, 4));
        _buckets = new int[size];
        _next = new int[entries.Length];
        for (var i = entries.Length - 1; i >= 0; i--)
        {
            ref var bucket = ref _buckets[entries[i].NameHash & (uint)(size - 1)];
            _next[i] = bucket;
            bucket = i + 1;
        }
    }

    public static readonly HeaderBlock Empty = new([]);

    public IReadOnlyList<HeaderEntry> Entries => _entries;

    public static HeaderBlock Parse(ReadOnlyMemory<byte> header)
    {
        var entries = new List<HeaderEntry>();
        var at = 0;
        foreach (var field in HeaderFields.Enumerate(header.Span))
        {
            var raw = header.Slice(at, field.Raw.Length);
            at += field.Raw.Length;
            field.Raw.Overlaps(field.Value, out var value);
            entries.Add(new HeaderEntry(raw, raw[..field.Name.Length], raw.Slice(field.Value.IsEmpty ? 0 : value, field.Value.Length)));
        }

        return entries.Count == 0 ? Empty : new HeaderBlock([.. entries]);
    }

    public static HeaderBlock Of(IReadOnlyList<HeaderEntry> entries) => new([.. entries]);

    /// <summary>The fields of that name, in order.</summary>
    public Matches Find(HeaderName name) => new(this, name);

    public bool Contains(HeaderName name) => Find(name).MoveNext();

    /// <summary>The whole block with the empty line at its end.</summary>
    public byte[] ToBytes()
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var entry in _entries)
        {
            output.Write(entry.Raw.Span);
            if (!entry.Raw.Span.EndsWith("\n"u8))
                output.Write("\r\n"u8);
        }

        output.Write("\r\n"u8);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Enumerates the fields of one name.</summary>
    public struct Matches(HeaderBlock block, HeaderName name)
    {
        private int _index = name.Bytes is null ? 0 : block._buckets[name.Hash & (uint)(block._buckets.Length - 1)];

        public HeaderEntry Current { get; private set; } = null!;

        public readonly Matches GetEnumerator() => this;

        public bool MoveNext()
        {
            while (_index > 0)
            {
                var entry = block._entries[_index - 1];
                _index = block._next[_index - 1];
                if (entry.NameHash == name.Hash && Ascii.EqualsIgnoreCase(entry.Name, name.Bytes))
                {
                    Current = entry;
                    return true;
                }
            }

            return false;
        }
    }
}
