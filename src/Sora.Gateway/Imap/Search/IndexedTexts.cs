using Sora.Contracts;

namespace Sora.Gateway.Imap.Search;

/// <summary>What the search index said of the messages of one search.</summary>
internal sealed class IndexedTexts
{
    private readonly HashSet<ContentId> _unindexed;
    private readonly (HashSet<ContentId> Matches, HashSet<ContentId> Candidates)[] _answers;

    public IndexedTexts(IndexAnswer answer)
    {
        _unindexed = SetOf(answer.Unindexed.Span);
        _answers = new (HashSet<ContentId>, HashSet<ContentId>)[answer.Answers.Count];
        for (var i = 0; i < _answers.Length; i++)
            _answers[i] = (SetOf(answer.Answers[i].Matches.Span), SetOf(answer.Answers[i].Candidates.Span));
    }

    /// <summary>Whether the text of a question is in a content.</summary>
    public Match Of(int question, ContentId content)
    {
        if (question < 0 || (_unindexed.Count > 0 && _unindexed.Contains(content)))
            return Match.Unknown;
        var (matches, candidates) = _answers[question];
        return matches.Count > 0 && matches.Contains(content) ? Match.Yes
            : candidates.Count > 0 && candidates.Contains(content) ? Match.Unknown
            : Match.No;
    }

    private static HashSet<ContentId> SetOf(ReadOnlySpan<ContentId> contents)
    {
        var set = new HashSet<ContentId>(contents.Length);
        foreach (var content in contents)
            set.Add(content);
        return set;
    }
}
