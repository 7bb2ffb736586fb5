using System.Text;

namespace Sora.Mime;

/// <summary>
/// What each character becomes under RFC 5051. The program runs without the system's tables for languages, so it brings this one: made from those
/// of Unicode 15, where the steps of the RFC were carried out for every character until nothing changed.
/// </summary>
/// <remarks>
/// The data is a row of entries in the order of characters. An entry is a number (distance from the entry before), then a number n. n odd: the
/// character becomes n/2 characters, each the difference from the one before (zigzag). n even: n/4 characters in a row (every second one when n/2 is odd)
/// each become the character at the difference that follows (zigzag). Numbers have seven bits per byte, lowest first.
/// </remarks>
internal sealed class CasemapTable
{
    private const int PageBits = 8;
    private const int PageSize = 1 << PageBits;

    // Of each page, per character: where its text is in the pool (lower 24 bits) and how long it is (upper 8 bits); 0 for no change
    private readonly uint[]?[] _pages = new uint[]?[0x110000 >> PageBits];
    private readonly char[] _pool;

    private CasemapTable(ReadOnlySpan<byte> data)
    {
        var pool = new StringBuilder();
        var character = 0;
        var last = 0;
        while (!data.IsEmpty)
        {
            character = last + Number(ref data);
            var kind = Number(ref data);
            if ((kind & 1) != 0)
            {
                var start = pool.Length;
                var value = 0;
                for (var i = kind >> 1; i > 0; i--)
                    pool.Append(new Rune(value += Difference(ref data)).ToString());
                Set(character, start, pool.Length - start);
                last = character;
                continue;
            }

            var difference = Difference(ref data);
            var stride = ((kind >> 1) & 1) + 1;
            for (var i = kind >> 2; i > 0; i--, character += stride)
            {
                var start = pool.Length;
                pool.Append(new Rune(character + difference).ToString());
                Set(character, start, pool.Length - start);
                last = character;
            }
        }

        _pool = pool.ToString().ToCharArray();
    }

    /// <summary>Length of the longest text that a character becomes.</summary>
    public int MaxExpansion { get; private set; } = 2;

    public static CasemapTable Load()
    {
        using var stream = typeof(CasemapTable).Assembly.GetManifestResourceStream("Sora.Mime.UnicodeCasemap")
            ?? throw new InvalidOperationException("The table of i;unicode-casemap is not in the assembly");
        var data = new byte[stream.Length];
        stream.ReadExactly(data);
        return new CasemapTable(data);
    }

    /// <summary>What the character becomes; empty when it stays as it is.</summary>
    public ReadOnlySpan<char> Find(int character)
    {
        var page = _pages[character >> PageBits];
        if (page is null)
            return default;
        var entry = page[character & (PageSize - 1)];
        return _pool.AsSpan((int)(entry & 0xFFFFFF), (int)(entry >> 24));
    }

    private void Set(int character, int start, int length)
    {
        var page = _pages[character >> PageBits] ??= new uint[PageSize];
        page[character & (PageSize - 1)] = (uint)start | ((uint)length << 24);
        MaxExpansion = Math.Max(MaxExpansion, length);
    }

    private static int Difference(ref ReadOnlySpan<byte> data)
    {
        var number = Number(ref data);
        return (number >> 1) ^ -(number & 1);
    }

    private static int Number(ref ReadOnlySpan<byte> data)
    {
        var number = 0;
        for (var shift = 0; ; shift += 7)
        {
            var value = data[0];
            data = data[1..];
            number |= (value & 127) << shift;
            if (value < 128)
                return number;
        }
    }
}
