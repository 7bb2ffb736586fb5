namespace Sora.Histories.Rules;

/// <summary>
/// A number that only grows, of which operations tell: it is at least <see cref="Reading.AtEnd"/> when one has ended, and was at most <see cref="Reading.AtStart"/> when it began. Broken when
/// one that had ended before another began says more than that one allows.
/// </summary>
internal sealed class RisingCounter
{
    private readonly List<Reading> _readings = [];

    public readonly record struct Reading(Operation Operation, long Start, long End, ulong AtStart, ulong AtEnd);

    public void Add(Reading reading) => _readings.Add(reading);

    /// <summary>Pairs that contradict each other: the earlier one first, each later one once.</summary>
    public IEnumerable<(Reading Before, Reading After)> Contradictions()
    {
        var ended = _readings.Where(static one => one.End != long.MaxValue).OrderBy(static one => one.End).ToList();
        var next = 0;
        Reading? highest = null;
        foreach (var reading in _readings.OrderBy(static one => one.Start))
        {
            for (; next < ended.Count && ended[next].End < reading.Start; next++)
            {
                if (highest is not { } known || ended[next].AtEnd > known.AtEnd)
                    highest = ended[next];
            }

            if (highest is { } before && before.AtEnd > reading.AtStart)
                yield return (before, reading);
        }
    }
}
