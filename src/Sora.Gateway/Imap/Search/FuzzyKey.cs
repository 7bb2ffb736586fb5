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

    public override SearchCost Cost => exact.Cost > words.Cost ? exact.Cost : words.Cost;

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
        if (match == Match.No)
            return Match.No;
        var whole = exact.Evaluate(candidate);
        if (whole != Match.No)
            match = whole;
        if (match == Match.Yes)
            _scores[candidate.Row.Uid] = whole == Match.Yes ? ExactScore : WordsScore;
        return match;
    }

    public override void CollectTexts(List<TextKey> texts)
    {
        exact.CollectTexts(texts);
        words.CollectTexts(texts);
    }

    public override void Collect(SearchNeeds needs)
    {
        exact.Collect(needs);
        words.Collect(needs);
    }

    /// <summary>The relevancy of a message that has matched in the last search, 1 to 100; 0 for others.</summary>
    public int ScoreOf(uint uid) => _scores.GetValueOrDefault(uid);
}
