using System.Text;
using Sora.Contracts;
using Sora.Mailstore.Search;
using Sora.Mailstore.Storage;
using Sora.Mime;

namespace Sora.Mailstore.Tests.Search;

/// <summary>Texts with spaces in them are found by the positions of their words: exactly those that stand in a document, without a look at it.</summary>
public sealed class PhraseTests
{
    private static readonly string[] Words =
    [
        "A", "B", "AB", "BA", "THE", "MEETING", "OF", "E", "日本語", "東京", "A,", ",", "😀", "ΑΒ",
        new string('A', 1400) + "B", new string('B', 2200), new string('A', 1000), new string('B', 1001) + "A", new string('A', 260),
    ];

    [Theory]
    [InlineData("THE MEETING", "1 2 3 5")]
    [InlineData("E MEE", "1 2 3 5")]
    [InlineData("E MEETING ", "1 3 5")]
    [InlineData(" THE MEE", "1 2 5")]
    [InlineData("MEETING THE", "4 5")]
    [InlineData("BATHE MEETINGS", "")]
    [InlineData("THE MEETING OF THE", "")]
    [InlineData("OF THE MEETING", "1")]
    [InlineData("MEETING ", "1 3 4 5")]
    [InlineData(" MEETING", "1 2 3 4 5 6")]
    [InlineData(" THE", "1 2 4 5 6")]
    [InlineData(" THE ", "1 2 5")]
    public void The_documents_that_hold_the_text_are_found(string text, string documents) => Find(
        [
            ["ALL OF THE MEETING HALL"],
            ["NOT THE MEETING"],
            ["BATHE MEETING ROOM"],
            ["MEETING THE", "MEETING\u0001THE, MEETING"],
            ["A MEETING THE MEETING A"],
            ["THE, MEETING", "THE", "MEETING\u001E", "THE\u001EMEETING", "OF THE", " MEETINGS"],
        ],
        text).ShouldBe(documents);

    [Fact]
    public void Any_text_is_found_where_it_stands_and_nowhere_else()
    {
        var random = new Random(7);
        for (var round = 0; round < 60; round++)
        {
            var documents = new string[random.Next(1, 90)][];
            for (var i = 0; i < documents.Length; i++)
                documents[i] = [.. Enumerable.Range(0, random.Next(4)).Select(_ => Text(random, random.Next(9)))];
            var segments = Segments(random, documents);
            for (var search = 0; search < 60; search++)
            {
                var lines = documents[random.Next(documents.Length)];
                var text = lines.Length == 0 || random.Next(3) == 0 ? Text(random, 3) : Piece(random, lines[random.Next(lines.Length)]);
                if (text.Length == 0)
                    continue;
                var (certain, uncertain) = Ask(segments, documents.Length, text, random.Next(2) == 0);
                var expected = Enumerable.Range(1, documents.Length).Where(number => documents[number - 1].Any(line => line.Contains(text, StringComparison.Ordinal))).ToList();
                if (TextPlan.Of(new TextQuestion(TextField.Header, text)) is { Positions: null, IsExact: false })
                {
                    expected.ShouldBeSubsetOf(uncertain, text);
                    continue;
                }

                certain.ShouldBe(expected, text);
                uncertain.ShouldBeEmpty(text);
            }
        }
    }

    [Fact]
    public void Of_a_document_with_too_many_words_it_is_not_decided()
    {
        var longest = string.Join(' ', Enumerable.Repeat("A B", (PositionLayout.MaxPositions / 2) + 10)) + " C D";
        var builder = new SegmentBuilder();
        foreach (var (number, text) in new[] { (1, "C D"), (2, longest), (3, "C A D") })
            Add(builder, number, [text]);
        var merged = SegmentMerger.Merge([builder.Build(), Build(4, [["C D"], ["D C"]])], [1, 2, 3, 4, 5]);
        merged.Fields[(int)SegmentField.HeaderPositions].Postings.Length.ShouldBeLessThan(PositionLayout.MaxPositions + 1000);
        var (certain, uncertain) = Ask([merged], 5, "C D", isShort: true);
        certain.ShouldBe([1, 4]);
        uncertain.ShouldBe([2]);
        (certain, uncertain) = Ask([SegmentMerger.Merge([merged], [3, 4, 5])], 5, "C D", isShort: true);
        certain.ShouldBe([4]);
        uncertain.ShouldBeEmpty();
    }

    [Fact]
    public void Damaged_or_cut_positions_are_noticed()
    {
        var random = new Random(5);
        var documents = Enumerable.Range(0, 40).Select(_ => new[] { Text(random, 12) }).ToArray();
        var whole = Build(1, documents);
        var refused = 0;
        for (var round = 0; round < 4000; round++)
        {
            var fields = whole.Fields.Select(static data => data with { Words = [.. data.Words], Postings = [.. data.Postings] }).ToList();
            var which = random.Next(2) == 0 ? SegmentField.HeaderPositions : SegmentField.Header;
            var data = fields[(int)which];
            var isCut = random.Next(3) == 0;
            var inWords = random.Next(3) == 0;
            var bytes = inWords ? data.Words : data.Postings;
            if (isCut)
                bytes = bytes[..random.Next(bytes.Length)];
            else
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            fields[(int)which] = inWords ? data with { Words = bytes } : data with { Postings = bytes };
            try
            {
                var (certain, uncertain) = Ask([whole with { Fields = fields }], documents.Length, random.Next(2) == 0 ? "A B" : " THE ", isShort: random.Next(2) == 0);
                certain.Concat(uncertain).ShouldAllBe(static number => number >= 1 && number <= 40);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(1000);
    }

    private static string Find(string[][] documents, string text)
    {
        var (certain, uncertain) = Ask([Build(1, documents)], documents.Length, text, isShort: false);
        uncertain.ShouldBeEmpty();
        return string.Join(' ', certain);
    }

    // Some in one segment, some merged, some of what was merged deleted before
    private static List<SegmentData> Segments(Random random, string[][] documents)
    {
        var segments = new List<SegmentData>();
        for (var from = 0; from < documents.Length;)
        {
            var parts = new List<SegmentData>();
            var existing = new HashSet<long>();
            for (var count = random.Next(1, 4); count > 0 && from < documents.Length; count--)
            {
                var some = documents[from..Math.Min(documents.Length, from + random.Next(1, 20))];
                var builder = new SegmentBuilder();
                for (var i = 0; i < some.Length; i++)
                {
                    existing.Add(from + i + 1);
                    Add(builder, from + i + 1, some[i]);
                    if (random.Next(8) == 0)
                        Add(builder, 1_000_000 + from + i, [Text(random, 5)]); // deleted before it is merged
                }

                from += some.Length;
                parts.Add(builder.Build());
            }

            if (parts.Count == 1 && random.Next(2) == 0)
                segments.Add(parts[0]);
            else
                segments.Add(SegmentMerger.Merge(parts, existing));
        }

        return segments;
    }

    private static (List<int> Certain, List<int> Uncertain) Ask(List<SegmentData> segments, int documents, string text, bool isShort)
    {
        var plan = TextPlan.Of(new TextQuestion(TextField.Header, text));
        var found = new Findings([.. Enumerable.Range(1, documents).Select(static number => (long)number)], [plan]);
        byte[] Slice(PostingsSlice slice) => [.. Of(segments[(int)slice.Segment], slice.Field).Postings.Skip(slice.Start).Take(slice.Length)];
        for (var i = 0; i < segments.Count; i++)
        {
            var data = Of(segments[i], plan.Field);
            found.Look(
                OpenSegment.Of(new SegmentHead(i, segments[i].Contents, SegmentFormat.Current)),
                new() { [(i, plan.Field)] = new FieldWords(data.Words, isShort ? data.Postings : null) });
        }

        found.Take([.. found.Slices.Select(Slice)]);
        while (found.Phrases.Count > 0)
        {
            foreach (var phrase in found.Phrases)
            {
                var slices = new List<PostingsSlice>();
                var data = Of(segments[(int)phrase.Segment.Id], phrase.Field);
                phrase.Request(new FieldPositions(data.Words, isShort ? data.Postings : null, phrase.Segment.Contents.Length), slices);
                phrase.Decide([.. slices.Select(Slice)]);
            }

            found.TakeDecided();
        }

        var answer = found.ToAnswer();
        return (Numbers(answer.Answers[0].Matches), Numbers(answer.Answers[0].Candidates));
    }

    private static List<int> Numbers(ReadOnlyMemory<ContentId> contents) => [.. contents.ToArray().Select(static content => (int)content.Value)];

    private static FieldData Of(SegmentData segment, SegmentField field) => segment.Fields.First(data => data.Field == field);

    private static SegmentData Build(int first, string[][] documents)
    {
        var builder = new SegmentBuilder();
        for (var i = 0; i < documents.Length; i++)
            Add(builder, first + i, documents[i]);
        return builder.Build();
    }

    private static void Add(SegmentBuilder builder, int number, string[] lines)
    {
        builder.Begin(new ContentId(number), new SortKeys());
        foreach (var line in lines)
            builder.AddHeaderLine(line);
    }

    // As folding leaves it: no two spaces side by side
    private static string Text(Random random, int words)
    {
        var text = new StringBuilder(random.Next(4) == 0 ? " " : "");
        for (var i = 0; i < words; i++)
        {
            text.Append(Words[random.Next(8) == 0 ? random.Next(Words.Length) : random.Next(8)]);
            text.Append(random.Next(10) switch
            {
                0 => "\u001E",
                1 => " \u001E",
                2 => "\u0002 ",
                3 => "\u0001",
                _ => " ",
            });
        }

        return random.Next(2) == 0 ? text.ToString().TrimEnd(' ') : text.ToString();
    }

    private static string Piece(Random random, string line)
    {
        if (line.Length == 0)
            return "A B";
        var from = random.Next(line.Length);
        var piece = line.Substring(from, random.Next(1, Math.Min(random.Next(4) == 0 ? 1200 : 14, line.Length - from) + 1));
        return char.IsLowSurrogate(piece[0]) || char.IsHighSurrogate(piece[^1]) ? "B A" : piece;
    }
}
