using Sora.Contracts;

namespace Sora.Gateway.Imap.Search;

/// <summary>
/// FUZZY (RFC 6203) before a key that looks for text: all its words, in any order and anywhere in what the key looks at. A message that has
/// the text just as it was given is the most relevant.
/// </summary>
internal sealed class FuzzyKey(SearchKey exact, SearchKey words) : SearchKey
{
    /// <summary>Relevancy of a message that has the text as given.</summary>
    public const byte ExactScore = 100;

    /// <summary>Relevancy of a message that has all the words.</summary>
    public const byte WordsScore = 50;

    private readonly Dictionary<uint, byte> _scores = [];

    /// <summary>
    /// Somebody asks for relevancy. What matches does not hang on it, because where the text stands all its words do; but whether they stand there as
    /// given may have to be read in the message.
    /// </summary>
    public bool IsScored { get; set; }

    public override SearchCost Cost => words.Cost;

    public override void Bind(SelectedMailbox selected, MailboxIndex latest)
    {
        _scores.Clear();
        exact.Bind(selected, latest);
        words.Bind(selected, latest);
    }

    public override Match Evaluate(SearchCandidate candidate)
    {
        // Where a word is missing, the text is missing
        var match = words.Evaluate(candidate);
        if (match == Match.No || !IsScored)
            return match;
        var whole = exact.Evaluate(candidate);
        if (whole != Match.No)
            match = whole;
        if (match == Match.Yes)
            _scores[candidate.Row.Uid] = whole == Match.Yes ? ExactScore : WordsScore;
        return match;
    }

    public override void CollectTexts(List<TextKey> texts)
    {
        if (IsScored)
            exact.CollectTexts(texts);
        words.CollectTexts(texts);
    }

    public override void Collect(SearchNeeds needs)
    {
        if (IsScored)
            exact.Collect(needs);
        words.Collect(needs);
    }

    /// <summary>The relevancy of a message that has matched in the last search, 1 to 100; 0 for others.</summary>
    public int ScoreOf(uint uid) => _scores.GetValueOrDefault(uid);
}
