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

        return SegmentData.Of(
            contents,
            [
                .. MergeWords(segments, renumbered, SegmentField.Lines, positionsField: null),
                .. MergeWords(segments, renumbered, SegmentField.Header, SegmentField.HeaderPositions),
                .. MergeWords(segments, renumbered, SegmentField.Body, SegmentField.BodyPositions),
                MergeDates(segments, renumbered),
                MergeTexts(segments, renumbered),
                MergeThreads(segments, renumbered),
            ]);
    }

    private static List<FieldData> MergeWords(IReadOnlyList<SegmentData> segments, int[][] renumbered, SegmentField field, SegmentField? positionsField)
    {
        var parts = new List<FieldWords>(segments.Count);
        var places = new List<FieldPositions>(segments.Count);
        var incomplete = new List<int>();
        for (var i = 0; i < segments.Count; i++)
        {
            var data = Of(segments[i], field);
            parts.Add(new FieldWords(data.Words, data.Postings));
            if (positionsField is not { } beside)
                continue;
            var positions = Of(segments[i], beside);
            places.Add(new FieldPositions(positions.Words, positions.Postings, renumbered[i].Length));
            if (places[i].Count != parts[i].Count)
                throw new InvalidDataException("Words and positions are not of one segment");
            foreach (var document in places[i].Incomplete)
            {
                if (renumbered[i][document] >= 0)
                    incomplete.Add(renumbered[i][document]);
            }
        }

        var isWhole = Array.ConvertAll(renumbered, static numbers => Array.IndexOf(numbers, -1) < 0);

        // Of each segment the word that comes next; the smallest of all is at the top
        var next = new PriorityQueue<(int Segment, int Word), (int Segment, int Word)>(segments.Count, new WordOrder(parts));
        for (var i = 0; i < parts.Count; i++)
        {
            if (parts[i].Count > 0)
                next.Enqueue((i, 0), (i, 0));
        }

        using var writer = new FieldWriter();
        var postings = new SegmentWriter();
        var placed = new SegmentWriter();
        while (next.TryPeek(out var top, out _))
        {
            var word = parts[top.Segment].Word(top.Word);
            var last = -1L;
            postings.Clear();
            placed.Clear();
            while (next.TryPeek(out var same, out _) && parts[same.Segment].Word(same.Word).SequenceEqual(word))
            {
                var part = parts[same.Segment];
                var documents = part.Postings.AsSpan(part.PostingsAt(same.Word)..part.PostingsAt(same.Word + 1));
                Append(documents, renumbered[same.Segment], ref last, ref postings);
                if (positionsField is not null)
                {
                    // Positions do not depend on the numbers of documents: as long as all of these stay they are not even read
                    var place = places[same.Segment];
                    var positions = place.Positions.AsSpan(place.At(same.Word)..place.At(same.Word + 1));
                    if (isWhole[same.Segment])
                        placed.Bytes(positions);
                    else
                        AppendPositions(documents, positions, renumbered[same.Segment], ref placed);
                }

                if (same.Word + 1 < part.Count)
                    next.DequeueEnqueue((same.Segment, same.Word + 1), (same.Segment, same.Word + 1));
                else
                    next.Dequeue();
            }

            if (postings.Length > 0)
                writer.Add(word, postings.Written, placed.Written);
        }

        postings.Dispose();
        placed.Dispose();
        return positionsField is { } second ? [writer.ToWords(field), writer.ToPositions(second, incomplete)] : [writer.ToWords(field)];
    }

    private static void AppendPositions(ReadOnlySpan<byte> documents, ReadOnlySpan<byte> positions, int[] renumbered, ref SegmentWriter placed)
    {
        var occurrences = new Occurrences(documents, positions, renumbered.Length);
        while (occurrences.MoveNext())
        {
            var start = occurrences.At;
            while (occurrences.NextPosition() > 0)
            {
            }

            if (renumbered[occurrences.Document] >= 0)
                placed.Bytes(positions[start..occurrences.At]);
        }
    }

    private static void Append(ReadOnlySpan<byte> encoded, int[] renumbered, ref long last, ref SegmentWriter postings)
    {
        var reader = new PostingsReader(encoded, renumbered.Length);
        while (reader.MoveNext())
        {
            var number = renumbered[reader.Document];
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
        using var texts = new TextColumnsBuilder();
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
