using System.Collections;

namespace Sora.Contracts;

/// <summary>UIDs from <see cref="First"/> to <see cref="Last"/>, both included.</summary>
[GenerateSerializer, Alias("sora.UidRange"), Immutable]
public readonly record struct UidRange([property: Id(0)] uint First, [property: Id(1)] uint Last)
{
    public uint Count => Last - First + 1;
}

/// <summary>An immutable set of UIDs, kept as ascending ranges that neither overlap nor touch.</summary>
[GenerateSerializer, Alias("sora.UidSet"), Immutable]
public readonly struct UidSet : IEquatable<UidSet>, IEnumerable<uint>
{
    public static readonly UidSet Empty = new([]);
    public static readonly UidSet All = new([new UidRange(1, uint.MaxValue)]);

    [Id(0)]
    private readonly UidRange[]? _ranges;

    private UidSet(UidRange[] ranges) => _ranges = ranges;

    public ReadOnlySpan<UidRange> Ranges => _ranges;

    public bool IsEmpty => _ranges is null or { Length: 0 };

    /// <summary>How many UIDs the set names (not how many of them exist).</summary>
    public long Count
    {
        get
        {
            var count = 0L;
            foreach (var range in Ranges)
                count += range.Count;
            return count;
        }
    }

    public static UidSet Of(uint uid) => new([new UidRange(uid, uid)]);

    public static UidSet Range(uint first, uint last) =>
        first <= last ? new UidSet([new UidRange(first, last)]) : throw new ArgumentOutOfRangeException(nameof(last));

    /// <summary>Builds a set out of ranges in any order, overlapping or not.</summary>
    public static UidSet Of(ReadOnlySpan<UidRange> ranges)
    {
        var builder = new Builder();
        var sorted = ranges.ToArray();
        Array.Sort(sorted, static (left, right) => left.First.CompareTo(right.First));
        foreach (var range in sorted)
            builder.Add(range.First, range.Last);
        return builder.ToSet();
    }

    public static UidSet Of(params ReadOnlySpan<uint> uids)
    {
        var sorted = uids.ToArray();
        Array.Sort(sorted);
        var builder = new Builder();
        foreach (var uid in sorted)
            builder.Add(uid);
        return builder.ToSet();
    }

    public bool Contains(uint uid)
    {
        var ranges = Ranges;
        int low = 0, high = ranges.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (uid < ranges[middle].First)
                high = middle - 1;
            else if (uid > ranges[middle].Last)
                low = middle + 1;
            else
                return true;
        }

        return false;
    }

    public UidSet Union(UidSet other)
    {
        if (IsEmpty)
            return other;
        if (other.IsEmpty)
            return this;
        return Of([.. Ranges, .. other.Ranges]);
    }

    public UidSet Except(UidSet other)
    {
        if (IsEmpty || other.IsEmpty)
            return this;
        var builder = new Builder();
        var cut = other.Ranges;
        var j = 0;
        foreach (var range in Ranges)
        {
            ulong first = range.First;
            while (j < cut.Length && cut[j].Last < first)
                j++;
            for (var k = j; k < cut.Length && cut[k].First <= range.Last; k++)
            {
                if (cut[k].First > first)
                    builder.Add((uint)first, cut[k].First - 1);
                first = Math.Max(first, (ulong)cut[k].Last + 1);
            }

            if (first <= range.Last)
                builder.Add((uint)first, range.Last);
        }

        return builder.ToSet();
    }

    public UidSet Intersect(UidSet other) => Except(Except(other));

    public bool Equals(UidSet other) => Ranges.SequenceEqual(other.Ranges);

    public override bool Equals(object? obj) => obj is UidSet other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var range in Ranges)
            hash.Add(range);
        return hash.ToHashCode();
    }

    public static bool operator ==(UidSet left, UidSet right) => left.Equals(right);

    public static bool operator !=(UidSet left, UidSet right) => !left.Equals(right);

    /// <summary>Each UID in ascending order. Sets such as <see cref="All"/> have four thousand million of them: intersect first.</summary>
    public IEnumerator<uint> GetEnumerator()
    {
        foreach (var range in _ranges ?? [])
        {
            for (ulong uid = range.First; uid <= range.Last; uid++)
                yield return (uint)uid;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The set in the syntax of RFC 9051's sequence-set, for logs and tests.</summary>
    public override string ToString() =>
        string.Join(',', (_ranges ?? []).Select(static range => range.First == range.Last ? $"{range.First}" : $"{range.First}:{range.Last}"));

    /// <summary>Collects UIDs or ranges that come in ascending order.</summary>
    public sealed class Builder
    {
        private readonly List<UidRange> _ranges = [];

        public bool IsEmpty => _ranges.Count == 0;

        public void Add(uint uid) => Add(uid, uid);

        public void Add(uint first, uint last)
        {
            if (_ranges.Count > 0)
            {
                var previous = _ranges[^1];
                if (first < previous.First)
                    throw new ArgumentOutOfRangeException(nameof(first), "UIDs must come in ascending order");
                if (first <= (ulong)previous.Last + 1)
                {
                    if (last > previous.Last)
                        _ranges[^1] = new UidRange(previous.First, last);
                    return;
                }
            }

            _ranges.Add(new UidRange(first, last));
        }

        public UidSet ToSet() => _ranges.Count == 0 ? Empty : new UidSet([.. _ranges]);
    }
}
