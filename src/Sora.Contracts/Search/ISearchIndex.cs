namespace Sora.Contracts;

/// <summary>Where a text is looked for.</summary>
public enum TextField
{
    /// <summary>The values of all Subject fields.</summary>
    Subject,

    /// <summary>The values of all From fields.</summary>
    From,

    /// <summary>All header fields as <c>Name: value</c>, each on a line: a superset of what any key about a header field can find.</summary>
    Header,

    /// <summary>The text of all text parts.</summary>
    Body,
}

/// <summary>What the index knows of one text.</summary>
/// <param name="Matches">Contents in which the text stands; ascending, each once.</param>
/// <param name="IsExact">False: some of the matches may not hold the text and must be looked at; all others certainly do not hold it.</param>
public sealed record TextMatches(ReadOnlyMemory<ContentId> Matches, bool IsExact);

/// <summary>Answers of one look into the index, all of the same moment.</summary>
/// <param name="Answers">In the order of the questions.</param>
/// <param name="Unindexed">Contents that the index does not know (yet, or no longer); ascending. They must be read.</param>
public sealed record IndexAnswer(IReadOnlyList<TextMatches> Answers, ReadOnlyMemory<ContentId> Unindexed);

/// <summary>A text to be found as a substring, without regard to case, in decoded Unicode.</summary>
/// <param name="Text">As the client gave it; not empty.</param>
public sealed record TextQuestion(TextField Field, string Text);

/// <summary>
/// The index of the text of messages. It is behind delivery, so it says what it does not know; what it says is right. A search that the
/// index cannot help with (no database for it, a text it has no key for) gets all of the account's contents as unindexed.
/// </summary>
public interface ISearchIndex
{
    /// <exception cref="System.Data.Common.DbException">The index cannot be asked now.</exception>
    ValueTask<IndexAnswer> FindAsync(AccountId account, IReadOnlyList<TextQuestion> questions, CancellationToken cancellationToken);
}
