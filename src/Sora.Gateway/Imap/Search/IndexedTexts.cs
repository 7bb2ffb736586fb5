using Sora.Contracts;

namespace Sora.Gateway.Imap.Search;

/// <summary>What the search index said of the messages of one search. Quick for who asks of contents in ascending order, as they mostly stand in mailboxes.</summary>
internal sealed class IndexedTexts
{
    private readonly AscendingContents _unindexed;
    private readonly (AscendingContents Matches, AscendingContents Candidates)[] _answers;

    public IndexedTexts(IndexAnswer answer)
    {
        _unindexed = new AscendingContents(answer.Unindexed);
        _answers = new (AscendingContents, AscendingContents)[answer.Answers.Count];
        for (var i = 0; i < _answers.Length; i++)
            _answers[i] = (new(answer.Answers[i].Matches), new(answer.Answers[i].Candidates));
    }

    /// <summary>Whether the text of a question is in a content.</summary>
    public Match Of(int question, ContentId content)
    {
        if (question < 0 || _unindexed.Contains(content.Value))
            return Match.Unknown;
        var (matches, candidates) = _answers[question];
        return matches.Contains(content.Value) ? Match.Yes
            : candidates.Contains(content.Value) ? Match.Unknown
            : Match.No;
    }

    /// <summary>Contents in ascending order, and the place where was looked last.</summary>
    private sealed class AscendingContents(ReadOnlyMemory<ContentId> contents)
    {
        private readonly long[] _values = ValuesOf(contents.Span);
        private int _next; // all before it are smaller than what was asked for last

        public bool Contains(long content)
        {
            if (_next > 0 && _values[_next - 1] >= content)
            {
                var found = Array.BinarySearch(_values, content);
                _next = found < 0 ? ~found : found;
            }

            while (_next < _values.Length && _values[_next] < content)
                _next++;
            return _next < _values.Length && _values[_next] == content;
        }

        private static long[] ValuesOf(ReadOnlySpan<ContentId> contents)
        {
            var values = new long[contents.Length];
            for (var i = 0; i < values.Length; i++)
                values[i] = contents[i].Value;
            return values;
        }
    }
}
