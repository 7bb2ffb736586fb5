namespace Sora.Mailstore.Search;

/// <summary>The parts of a segment, as <c>search_fields.field</c> numbers them.</summary>
internal enum SegmentField : short
{
    /// <summary>Words are whole fields, <c>NAME: VALUE</c>, of Subject and of the address fields.</summary>
    Lines = 0,

    /// <summary>Words of all header fields.</summary>
    Header = 1,

    /// <summary>Words of the text parts.</summary>
    Body = 2,

    /// <summary>Column of SORT: sent dates.</summary>
    Dates = 3,

    /// <summary>Columns of SORT: subjects and addresses.</summary>
    Texts = 4,

    /// <summary>Columns of THREAD.</summary>
    Threads = 5,

    /// <summary>Where the words of <see cref="Header"/> stand; from format 2 on.</summary>
    HeaderPositions = 6,

    /// <summary>Where the words of <see cref="Body"/> stand; from format 2 on.</summary>
    BodyPositions = 7,
}

/// <summary>
/// What segments are like, as <c>search_segments.format</c> numbers it. Whoever changes what a word is, how it is folded or how it is stored counts
/// <see cref="Current"/> up: segments that were written before are then made anew in the background. As long as what they say is right they still answer meanwhile; if it
/// is not, <see cref="OldestRead"/> goes up too, and their messages are read.
/// </summary>
internal static class SegmentFormat
{
    public const short Current = 2;

    public const short OldestRead = 1;

    /// <summary>The first one with positions.</summary>
    public const short WithPositions = 2;
}

/// <summary>One part of a segment as it is stored.</summary>
/// <param name="Words">Words and the lengths of their postings, or the lengths of positions, or a column.</param>
/// <param name="Postings">For each word the documents it stands in, or its positions; empty for a column.</param>
internal readonly record struct FieldData(SegmentField Field, byte[] Words, byte[] Postings);

/// <summary>A segment as it is stored: the contents that are its documents, in the order of the documents' numbers, and its parts.</summary>
internal sealed record SegmentData(long[] Contents, IReadOnlyList<FieldData> Fields)
{
    /// <summary>log8 of the number of documents.</summary>
    public short Level => (short)(Math.ILogB(Math.Max(1, Contents.Length)) / 3);

    /// <summary>A segment of these parts, which are put in the order of their numbers.</summary>
    public static SegmentData Of(List<long> contents, List<FieldData> fields)
    {
        fields.Sort(static (left, right) => left.Field.CompareTo(right.Field));
        return new SegmentData([.. contents], fields);
    }

    public long Size => Fields.Sum(static data => (long)data.Words.Length + data.Postings.Length);
}
