using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap.Search;

namespace Sora.Gateway.Imap.Sorting;

/// <summary>Brings found messages into the order of SORT (RFC 5256 section 3); what is equal keeps the order of the mailbox, reversed or not.</summary>
internal static class MessageSorter
{
    // What the index knows, the order and what it makes of the positions
    private const int RowBytes = 24 + 8;

    // A column of numbers and one to sort it by, and of texts their ranks besides
    private const int CriterionBytes = 8 + 8 + 12;

    /// <summary>The positions of the outcome, which ascend, in the order of the criteria.</summary>
    /// <param name="memory">What it takes until the command is over.</param>
    /// <exception cref="BodyUnavailableException">A message that had to be read cannot be.</exception>
    /// <exception cref="SessionMemoryException">It takes too much.</exception>
    public static async ValueTask<int[]> SortAsync(
        IMessageKeys source, SearchOutcome found, IReadOnlyList<SortCriterion> criteria, SearchProgram program, MemoryCharge memory, CancellationToken cancellationToken)
    {
        var positions = found.Positions;
        if (positions.Length < 2)
            return positions;
        memory.Take((long)positions.Length * (RowBytes + (criteria.Count * CriterionBytes)));
        var columns = MessageColumns.Of(found);
        var parts = MessageKeyParts.None;
        foreach (var criterion in criteria)
            parts |= criterion.Parts;
        var keys = parts == MessageKeyParts.None
            ? new MessageKeys()
            : await source.ReadAsync(found.Selected.Target.Account.Id, columns.Contents, parts, cancellationToken).ConfigureAwait(false);
        memory.Take(KeyMemory.Of(keys));
        var numbers = new List<long[]>(criteria.Count);
        foreach (var criterion in criteria)
            numbers.Add(Column(criterion, columns, keys, found, program));
        var order = ColumnSort.Order(numbers, positions.Length);
        var sorted = new int[positions.Length];
        for (var i = 0; i < sorted.Length; i++)
            sorted[i] = positions[order[i]];
        return sorted;
    }

    private static long[] Column(SortCriterion criterion, MessageColumns columns, MessageKeys keys, SearchOutcome found, SearchProgram program)
    {
        var numbers = criterion.Key switch
        {
            SortKey.Arrival => columns.InternalDates,
            SortKey.Size => columns.Sizes,
            SortKey.Date => columns.SentDates(keys.SentDates),
            SortKey.Subject => ColumnSort.RanksOf(keys.Subjects),
            SortKey.From => ColumnSort.RanksOf(keys.Froms),
            SortKey.To => ColumnSort.RanksOf(keys.Tos),
            SortKey.Cc => ColumnSort.RanksOf(keys.Ccs),
            SortKey.DisplayFrom => ColumnSort.RanksOf(keys.DisplayFroms),
            SortKey.DisplayTo => ColumnSort.RanksOf(keys.DisplayTos),
            _ => Relevancy(found, program),
        };
        return criterion.IsReverse ? Array.ConvertAll(numbers, static number => ~number) : numbers;
    }

    // The most relevant first (RFC 6203 section 6)
    private static long[] Relevancy(SearchOutcome found, SearchProgram program) =>
        Array.ConvertAll(found.Positions, position => -(long)program.ScoreOf(found.Selected.View.UidAt(position)));
}
