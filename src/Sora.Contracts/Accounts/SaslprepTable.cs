namespace Sora.Contracts;

/// <summary>The tables of RFC 3454 that SASLprep names, and what Unicode 3.2 decomposes for the sake of compatibility.</summary>
/// <remarks>
/// Numbers have seven bits per byte, lowest first. First six sets of characters, each the number of its ranges and, of each, the distance to the end of the range before, and
/// its length less one. Then the number of decompositions and, of each, the distance to the character before, how many characters it becomes, and these.
/// </remarks>
internal sealed class SaslprepTable
{
    private readonly (int First, int Last)[] _nothing;
    private readonly (int First, int Last)[] _spaces;
    private readonly (int First, int Last)[] _prohibited;
    private readonly (int First, int Last)[] _unassigned;
    private readonly (int First, int Last)[] _rightToLeft;
    private readonly (int First, int Last)[] _leftToRight;
    private readonly Dictionary<int, int[]> _decompositions = [];

    private SaslprepTable(ReadOnlySpan<byte> data)
    {
        _nothing = Ranges(ref data);
        _spaces = Ranges(ref data);
        _prohibited = Ranges(ref data);
        _unassigned = Ranges(ref data);
        _rightToLeft = Ranges(ref data);
        _leftToRight = Ranges(ref data);
        var character = 0;
        for (var left = Number(ref data); left > 0; left--)
        {
            character += Number(ref data);
            var parts = new int[Number(ref data)];
            for (var i = 0; i < parts.Length; i++)
                parts[i] = Number(ref data);
            _decompositions[character] = parts;
        }
    }

    public static SaslprepTable Load()
    {
        using var stream = typeof(SaslprepTable).Assembly.GetManifestResourceStream("Sora.Contracts.Saslprep")
            ?? throw new InvalidOperationException("The table of SASLprep is not in the assembly");
        var data = new byte[stream.Length];
        stream.ReadExactly(data);
        return new SaslprepTable(data);
    }

    /// <summary>Table B.1: mapped to nothing.</summary>
    public bool IsNothing(int character) => Contains(_nothing, character);

    /// <summary>Table C.1.2: spaces other than that of ASCII.</summary>
    public bool IsSpace(int character) => Contains(_spaces, character);

    /// <summary>Tables C.1.2 to C.9 without C.1.1.</summary>
    public bool IsProhibited(int character) => Contains(_prohibited, character);

    /// <summary>Table A.1.</summary>
    public bool IsUnassigned(int character) => Contains(_unassigned, character);

    /// <summary>Table D.1.</summary>
    public bool IsRightToLeft(int character) => Contains(_rightToLeft, character);

    /// <summary>Table D.2.</summary>
    public bool IsLeftToRight(int character) => Contains(_leftToRight, character);

    /// <summary>What a character becomes when it is only another way to write something; null when it is not.</summary>
    public int[]? Decompose(int character) => _decompositions.GetValueOrDefault(character);

    private static bool Contains((int First, int Last)[] ranges, int character)
    {
        int low = 0, high = ranges.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (ranges[middle].Last < character)
                low = middle + 1;
            else
                high = middle;
        }

        return low < ranges.Length && ranges[low].First <= character;
    }

    private static (int First, int Last)[] Ranges(ref ReadOnlySpan<byte> data)
    {
        var ranges = new (int First, int Last)[Number(ref data)];
        var last = 0;
        for (var i = 0; i < ranges.Length; i++)
        {
            var first = last + Number(ref data);
            last = first + Number(ref data);
            ranges[i] = (first, last);
        }

        return ranges;
    }

    private static int Number(ref ReadOnlySpan<byte> data)
    {
        var number = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = data[0];
            data = data[1..];
            number |= (next & 0x7F) << shift;
            if (next < 0x80)
                return number;
        }
    }
}
