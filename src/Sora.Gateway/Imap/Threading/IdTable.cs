using System.Numerics;
using System.Security.Cryptography;

namespace Sora.Gateway.Imap.Threading;

/// <summary>
/// Finds the node of a hashed message identifier with one look into memory. The ids are hashes already, but of texts that anybody may choose, so where
/// they lie is mixed with a number that nobody knows.
/// </summary>
internal sealed class IdTable
{
    /// <summary>The id is new: the place that was found is to be filled.</summary>
    public const int None = -1;

    private readonly ulong _factor = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;
    private ulong[] _ids;
    private int[] _nodes;
    private int _shift;
    private int _count;

    public IdTable(int expected) => (_ids, _nodes, _shift) = Create(Math.Max(16, expected));

    /// <summary>The place of an id's node, <see cref="None"/> for a new id. Valid until the next call.</summary>
    /// <param name="id">Not 0.</param>
    public ref int Find(ulong id)
    {
        var at = PlaceOf(id);
        if (_ids[at] == id)
            return ref _nodes[at];
        if (_count * 2 >= _ids.Length)
        {
            Grow();
            at = PlaceOf(id);
        }

        _count++;
        _ids[at] = id;
        return ref _nodes[at];
    }

    private int PlaceOf(ulong id)
    {
        var at = (int)(id * _factor >> _shift);
        while (_ids[at] != id && _ids[at] != 0)
            at = (at + 1) & (_ids.Length - 1);
        return at;
    }

    private void Grow()
    {
        var (ids, nodes) = (_ids, _nodes);
        (_ids, _nodes, _shift) = Create(ids.Length);
        for (var i = 0; i < ids.Length; i++)
        {
            if (ids[i] == 0)
                continue;
            var at = PlaceOf(ids[i]);
            _ids[at] = ids[i];
            _nodes[at] = nodes[i];
        }
    }

    private static (ulong[] Ids, int[] Nodes, int Shift) Create(int expected)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)expected * 2);
        var nodes = new int[size];
        Array.Fill(nodes, None);
        return (new ulong[size], nodes, 64 - BitOperations.Log2((uint)size));
    }
}
