namespace Sora.Contracts;

/// <summary>What canonical decomposition, composition and order need to know of each character; made from the tables of Unicode 15.</summary>
/// <remarks>
/// Numbers have seven bits per byte, lowest first. First the number of decompositions and, in the order of characters, of each: distance to the character
/// before, times four, plus 2 when it becomes two characters, plus 1 when those are composed again; the first character, as difference from the first one
/// of the entry before (zigzag); the second one. Then the number of ranges of one combining class, and of each: distance to the range before, length less one, class.
/// </remarks>
internal sealed class NormalFormTable
{
    private readonly Dictionary<int, (int First, int Second)> _decompositions = [];
    private readonly Dictionary<(int First, int Second), int> _compositions = [];
    private readonly Dictionary<int, byte> _classes = [];

    private NormalFormTable(ReadOnlySpan<byte> data)
    {
        var (character, first) = (0, 0);
        for (var left = Number(ref data); left > 0; left--)
        {
            var head = Number(ref data);
            character += head >> 2;
            var difference = Number(ref data);
            first += (difference >> 1) ^ -(difference & 1);
            var second = (head & 2) != 0 ? Number(ref data) : 0;
            _decompositions[character] = (first, second);
            if ((head & 1) != 0)
                _compositions[(first, second)] = character;
        }

        character = 0;
        for (var left = Number(ref data); left > 0; left--)
        {
            character += Number(ref data);
            var last = character + Number(ref data);
            for (var i = character; i <= last; i++)
                _classes[i] = data[0];
            data = data[1..];
            character = last;
        }
    }

    public static NormalFormTable Load()
    {
        using var stream = typeof(NormalFormTable).Assembly.GetManifestResourceStream("Sora.Contracts.NormalForm")
            ?? throw new InvalidOperationException("The table of Normalization Form C is not in the assembly");
        var data = new byte[stream.Length];
        stream.ReadExactly(data);
        return new NormalFormTable(data);
    }

    /// <summary>One step; <paramref name="second"/> is 0 when it becomes one other character.</summary>
    public bool TryDecompose(int character, out int first, out int second)
    {
        var isFound = _decompositions.TryGetValue(character, out var pair);
        (first, second) = pair;
        return isFound;
    }

    /// <summary>What two characters become; 0 when they stay two.</summary>
    public int Compose(int first, int second) => _compositions.GetValueOrDefault((first, second));

    /// <summary>The canonical combining class.</summary>
    public int ClassOf(int character) => character < 0x300 ? 0 : _classes.GetValueOrDefault(character);

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
