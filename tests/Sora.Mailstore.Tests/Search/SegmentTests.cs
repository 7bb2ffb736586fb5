using System.Text;
using Sora.Contracts;
using Sora.Mailstore.Search;
using Sora.Mime;

namespace Sora.Mailstore.Tests.Search;

public sealed class SegmentTests
{
    [Theory]
    [InlineData("ALPHA", "1 2")]
    [InlineData("PHA", "1 2")]
    [InlineData("A", "1 2 3 4 5")]
    [InlineData("\nBETA\n", "1 3")]
    [InlineData("\nBET", "1 3 5")]
    [InlineData("ETA\n", "1 3 4")]
    [InlineData("\nZETA\n", "4")]
    [InlineData("NOWHERE", "")]
    public void Words_are_found_by_what_they_contain(string pattern, string documents)
    {
        var words = WordsOf("ALPHA BETA", "ALPHA", "BETA", "ZETA", "BETAS");
        Find(words, pattern).ShouldBe(documents);
    }

    [Fact]
    public void A_merged_segment_is_what_would_have_been_built_at_once()
    {
        var random = new Random(3);
        string[] texts = [.. Enumerable.Range(0, 90).Select(_ => string.Join(' ', Enumerable.Range(0, random.Next(12)).Select(_ => $"W{random.Next(60)}")))];
        var parts = new List<SegmentData>();
        for (var from = 0; from < texts.Length; from += 30)
            parts.Add(Build(from, texts[from..(from + 30)]));
        var whole = Build(0, texts);
        var merged = SegmentMerger.Merge(parts, [.. whole.Contents]);
        merged.Contents.ShouldBe(whole.Contents);
        for (var i = 0; i < whole.Fields.Count; i++)
        {
            merged.Fields[i].Field.ShouldBe(whole.Fields[i].Field);
            merged.Fields[i].Words.ShouldBe(whole.Fields[i].Words);
            merged.Fields[i].Postings.ShouldBe(whole.Fields[i].Postings);
        }
    }

    [Fact]
    public void Merging_leaves_out_what_was_deleted()
    {
        var merged = SegmentMerger.Merge([Build(0, ["ONE GONE", "TWO"]), Build(2, ["GONE", "ONE"])], [1, 3]);
        merged.Contents.ShouldBe([1, 3]);
        var body = merged.Fields[(int)SegmentField.Body];
        var words = new FieldWords(body.Words, body.Postings);
        Enumerable.Range(0, words.Count).Select(i => Encoding.UTF8.GetString(words.Word(i))).ShouldBe([PositionLayout.BreakWord, "GONE", "ONE"]);
        new DateColumn(merged.Fields[(int)SegmentField.Dates].Words).Dates.ShouldBe([1, 3]);
        new TextColumns(merged.Fields[(int)SegmentField.Texts].Words).Text(1, 0).ShouldBe("S3");
        new ThreadColumn(merged.Fields[(int)SegmentField.Threads].Words, 2).References[1].ShouldBe([3ul, 4ul]);
    }

    [Fact]
    public void Damaged_data_is_noticed()
    {
        var data = Build(0, ["SOME WORDS", "MORE WORDS"]).Fields[(int)SegmentField.Body];
        var random = new Random(11);
        for (var round = 0; round < 2000; round++)
        {
            var words = data.Words.ToArray();
            var postings = data.Postings.ToArray();
            words[random.Next(words.Length)] = (byte)random.Next(256);
            postings[random.Next(postings.Length)] = (byte)random.Next(256);
            try
            {
                var read = new FieldWords(words, postings);
                Find(read, "WORDS");
            }
            catch (Exception e) when (e is InvalidDataException or ArgumentOutOfRangeException or OverflowException)
            {
                // refused, one way or the other; never an endless loop or a wrong document
            }
        }
    }

    [Fact]
    public void Text_is_cut_into_the_same_words_however_it_comes()
    {
        var text = $"one  two\r\nthree {new string('w', 4000)} {new string('é', 1500)}😀 end";
        var whole = new SegmentBuilder();
        whole.Begin(new ContentId(1), new SortKeys());
        foreach (var word in UnicodeCasemap.Fold(text).Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            whole.AddBodyWord(word);
            if (word != "END")
                whole.SeparateBody(' ');
        }

        var built = whole.Build();
        var random = new Random(2);
        for (var round = 0; round < 50; round++)
        {
            var pieces = new SegmentBuilder();
            var body = new BodyWords(1 << 20, 1 << 20);
            pieces.Begin(new ContentId(1), new SortKeys());
            body.Begin(pieces);
            for (var at = 0; at < text.Length;)
            {
                var length = Math.Min(random.Next(1, 700), text.Length - at);
                text.AsSpan(at, length).CopyTo(body.GetSpan(length));
                body.Advance(length);
                at += length;
            }

            body.Complete();
            Encoding.UTF8.GetString(body.Text!.Value.Span).ShouldBe(SearchText.Wanted(text));
            var (some, all) = (pieces.Build(), built);
            some.Fields[(int)SegmentField.Body].Words.ShouldBe(all.Fields[(int)SegmentField.Body].Words);
            some.Fields[(int)SegmentField.BodyPositions].Postings.ShouldBe(all.Fields[(int)SegmentField.BodyPositions].Postings);
        }
    }

    [Fact]
    public void Text_is_found_in_its_compressed_form()
    {
        var compressed = TextCodec.Compress(Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Repeat("SOME TEXT", 500)) + " END"));
        compressed.Length.ShouldBeLessThan(200);
        TextCodec.Contains(compressed, "TEXT END"u8).ShouldBeTrue();
        TextCodec.Contains(compressed, "TEXT TEXT"u8).ShouldBeFalse();
        Should.Throw<InvalidDataException>(() => TextCodec.Contains(compressed.AsSpan(0, 8), "TEXT"u8));
    }

    [Fact]
    public void Compressed_text_is_the_text_again()
    {
        var random = new Random(17);
        for (var round = 0; round < 3000; round++)
        {
            // Few letters repeat much, in short distances too
            var text = new byte[random.Next(300)];
            var letters = random.Next(1, 12);
            for (var i = 0; i < text.Length; i++)
                text[i] = (byte)('A' + random.Next(letters));
            var compressed = TextCodec.Compress(text);
            TextCodec.Contains(compressed, text).ShouldBeTrue();
            TextCodec.Contains(compressed, [.. text, (byte)'B']).ShouldBeFalse();
            if (text.Length == 0)
                continue;
            compressed[random.Next(compressed.Length)] = (byte)random.Next(256);
            try
            {
                TextCodec.Contains(compressed, "Z"u8);
            }
            catch (InvalidDataException)
            {
                // noticed; what is not noticed is bounded at least
            }
        }
    }

    // Content n has the date n, the subject Sn, and the references n and n + 1
    private static SegmentData Build(int first, string[] texts)
    {
        var builder = new SegmentBuilder();
        for (var i = 0; i < texts.Length; i++)
        {
            var number = first + i + 1;
            builder.Begin(new ContentId(number), new SortKeys { SentDate = number, Subject = $"S{number}", References = [(ulong)number, (ulong)number + 1] });
            foreach (var word in texts[i].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                builder.AddBodyWord(word);
                builder.SeparateBody(' ');
            }
        }

        return builder.Build();
    }

    private static FieldWords WordsOf(params string[] texts)
    {
        var field = Build(0, texts).Fields[(int)SegmentField.Body];
        return new FieldWords(field.Words, field.Postings);
    }

    private static string Find(FieldWords words, string pattern)
    {
        var numbers = new List<int>();
        words.Find(Encoding.UTF8.GetBytes(pattern), default, numbers);
        numbers.ShouldBe(numbers.Distinct().Order());
        var documents = new DocumentSet(5);
        foreach (var number in numbers)
            documents.Add(words.Postings.AsSpan(words.PostingsAt(number)..words.PostingsAt(number + 1)));
        var found = new List<ContentId>();
        documents.CopyTo(found, [1, 2, 3, 4, 5]);
        return string.Join(' ', found);
    }
}
