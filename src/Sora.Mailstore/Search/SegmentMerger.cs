using Sora.Contracts;

namespace Sora.Mailstore.Search;

/// <summary>Makes one segment of several. Documents are numbered on, in the order of the segments; those whose content is gone are left out.</summary>
internal static class SegmentMerger
{
    /// <exception cref="InvalidDataException">A segment is damaged.</exception>
    public static SegmentData Merge(IReadOnlyList<SegmentData> segments, HashSet<long> existing)
    {
        var contents = new List<long>();
        var renumbered = new int[segments.Count][];
        for (var i = 0; i < segments.Count; i++)
        {
            var numbers = renumbered[i] = new int[segments[i].Contents.Length];
            for (var document = 0; document < numbers.Length; document++)
            {
                var content = segments[i].Contents[document];
                numbers[document] = existing.Contains(content) ? contents.Count : -1;
                if (numbers[document] >= 0)
                    contents.Add(content);
            }
        }

        return new SegmentData(
            [.. contents],
            [
                MergeWords(segments, renumbered, SegmentField.Lines),
                MergeWords(segments, renumbered, SegmentField.Header),
                MergeWords(segments, renumbered, SegmentField.Body),
                MergeDates(segments, renumbered),
                MergeTexts(segments, renumbered),
                MergeThreads(segments, renumbered),
            ]);
    }

    private static FieldData MergeWords(IReadOnlyList<SegmentData> segments, int[][] renumbered, SegmentField field)
    {
        var parts = new List<FieldWords>(segments.Count);
        foreach (var segment in segments)
        {
            var data = Of(segment, field);
            parts.Add(new FieldWords(data.Words, data.Postings));
        }

        // Of each segment the word that comes next; the smallest of all is at the top
        var next = new PriorityQueue<(int Segment, int Word), (int Segment, int Word)>(segments.Count, new WordOrder(parts));
        for (var i = 0; i < parts.Count; i++)
        {
            if (parts[i].Count > 0)
                next.Enqueue((i, 0), (i, 0));
        }

        var writer = new FieldWriter();
        var postings = new SegmentWriter();
        while (next.TryPeek(out var top, out _))
        {
            var word = parts[top.Segment].Word(top.Word);
            var last = -1L;
            postings.Clear();
            while (next.TryPeek(out var same, out _) && parts[same.Segment].Word(same.Word).SequenceEqual(word))
            {
                var part = parts[same.Segment];
                Append(part.Postings.AsSpan(part.PostingsAt(same.Word)..part.PostingsAt(same.Word + 1)), renumbered[same.Segment], ref last, ref postings);
                if (same.Word + 1 < part.Count)
                    next.DequeueEnqueue((same.Segment, same.Word + 1), (same.Segment, same.Word + 1));
                else
                    next.Dequeue();
            }

            if (postings.Length > 0)
                writer.Add(word, postings.Written);
        }

        return writer.ToData(field);
    }

    private static void Append(ReadOnlySpan<byte> encoded, int[] renumbered, ref long last, ref SegmentWriter postings)
    {
        var reader = new VarintReader(encoded);
        for (var document = -1L; !reader.IsAtEnd;)
        {
            document += (long)reader.ReadVarint() + 1;
            if ((ulong)document >= (ulong)renumbered.Length)
                throw new InvalidDataException("Postings name a document that is not there");
            var number = renumbered[document];
            if (number < 0)
                continue;
            postings.Varint((ulong)(number - last - 1));
            last = number;
        }
    }

    private static FieldData MergeDates(IReadOnlyList<SegmentData> segments, int[][] renumbered)
    {
        var whole = new SegmentWriter();
        for (var i = 0; i < segments.Count; i++)
        {
            var column = new DateColumn(Of(segments[i], SegmentField.Dates).Words);
            for (var document = 0; document < renumbered[i].Length; document++)
            {
                if (renumbered[i][document] >= 0)
                    DateColumn.Write(column.Dates[document], column.Days[document], ref whole);
            }
        }

        return new FieldData(SegmentField.Dates, whole.ToArray(), []);
    }

    private static FieldData MergeThreads(IReadOnlyList<SegmentData> segments, int[][] renumbered)
    {
        var whole = new SegmentWriter();
        for (var i = 0; i < segments.Count; i++)
        {
            var column = new ThreadColumn(Of(segments[i], SegmentField.Threads).Words, renumbered[i].Length);
            for (var document = 0; document < renumbered[i].Length; document++)
            {
                if (renumbered[i][document] >= 0)
                    ThreadColumn.Write(column.Ids[document], column.References[document], ref whole);
            }
        }

        return new FieldData(SegmentField.Threads, whole.ToArray(), []);
    }

    private static FieldData MergeTexts(IReadOnlyList<SegmentData> segments, int[][] renumbered)
    {
        var texts = new TextColumnsBuilder();
        for (var i = 0; i < segments.Count; i++)
            texts.Add(new TextColumns(Of(segments[i], SegmentField.Texts).Words), renumbered[i]);
        return texts.Build();
    }

    private static FieldData Of(SegmentData segment, SegmentField field)
    {
        foreach (var data in segment.Fields)
        {
            if (data.Field == field)
                return data;
        }

        throw new InvalidDataException($"Field {field} of a segment is missing");
    }

    // By the bytes of the word, then by segment: a word's documents stay in their order
    private sealed class WordOrder(List<FieldWords> parts) : IComparer<(int Segment, int Word)>
    {
        public int Compare((int Segment, int Word) x, (int Segment, int Word) y)
        {
            var order = parts[x.Segment].Word(x.Word).SequenceCompareTo(parts[y.Segment].Word(y.Word));
            return order != 0 ? order : x.Segment.CompareTo(y.Segment);
        }
    }
}
