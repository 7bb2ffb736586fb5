namespace Sora.Contracts;

/// <summary>Where a text is looked for.</summary>
public enum TextField
{
    /// <summary>The values of all Subject fields.</summary>
    Subject,

    /// <summary>The values of all From fields, and their addresses.</summary>
    From,

    /// <summary>The values of all To fields, and their addresses.</summary>
    To,

    /// <summary>The values of all Cc fields, and their addresses.</summary>
    Cc,

    /// <summary>The values of all Bcc fields, and their addresses.</summary>
    Bcc,

    /// <summary>
    /// All header fields as <c>Name: value</c>, each on a line of its own, those of parts and embedded messages too: a superset of what any key about
    /// a header field can find.
    /// </summary>
    Header,

    /// <summary>The text of all text parts.</summary>
    Body,
}

/// <summary>What the index knows of one text.</summary>
/// <param name="Matches">Contents in which the text stands; ascending, each once.</param>
/// <param name="Candidates">Contents that may hold the text and must be looked at; ascending, each once. All others certainly do not hold it.</param>
public sealed record TextMatches(ReadOnlyMemory<ContentId> Matches, ReadOnlyMemory<ContentId> Candidates);

/// <summary>Answers of one look into the index, all of the same moment.</summary>
/// <param name="Answers">In the order of the questions.</param>
/// <param name="Unindexed">Contents that the index does not know (yet, or for good); ascending. They must be read.</param>
public sealed record IndexAnswer(IReadOnlyList<TextMatches> Answers, ReadOnlyMemory<ContentId> Unindexed);

/// <summary>A text to be found as a substring, without regard to case, in decoded Unicode.</summary>
/// <param name="Field">Where it is looked for.</param>
/// <param name="Text">Folded by <c>Sora.Mime.SearchText.Wanted</c>; not empty.</param>
public sealed record TextQuestion(TextField Field, string Text);

/// <summary>The index of the text of messages. It is behind delivery, so it says what it does not know; what it says is right.</summary>
public interface ISearchIndex
{
    /// <param name="account">Whose mailbox is searched.</param>
    /// <param name="among">The contents that matter, in any order. The answer names no others.</param>
    /// <param name="questions">At least one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="System.Data.Common.DbException">The index cannot be asked now.</exception>
    ValueTask<IndexAnswer> FindAsync(
        AccountId account, ReadOnlyMemory<ContentId> among, IReadOnlyList<TextQuestion> questions, CancellationToken cancellationToken);
}
