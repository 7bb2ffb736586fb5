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
}

/// <summary>One part of a segment as it is stored.</summary>
/// <param name="Words">Words and the lengths of their postings, or a column.</param>
/// <param name="Postings">For each word the documents it stands in; empty for a column.</param>
internal readonly record struct FieldData(SegmentField Field, byte[] Words, byte[] Postings);

/// <summary>A segment as it is stored: the contents that are its documents, in the order of the documents' numbers, and its parts.</summary>
internal sealed record SegmentData(long[] Contents, IReadOnlyList<FieldData> Fields)
{
    /// <summary>log8 of the number of documents.</summary>
    public short Level => (short)(Math.ILogB(Math.Max(1, Contents.Length)) / 3);

    public long Size => Fields.Sum(static data => (long)data.Words.Length + data.Postings.Length);
}
