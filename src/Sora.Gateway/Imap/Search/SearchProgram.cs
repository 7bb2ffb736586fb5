using Sora.Contracts;

namespace Sora.Gateway.Imap.Search;

/// <summary>The keys of a searching command, and what has to be known of them.</summary>
internal sealed class SearchProgram(
    SearchKey key, IReadOnlyList<SetKey> sets, IReadOnlyList<WithinKey> within, IReadOnlyList<FuzzyKey> fuzzy)
{
    public static readonly MailError TooDeep = new(MailErrorCode.Limit, "Search keys are nested too deeply");
    public static readonly MailError TooManyKeys = new(MailErrorCode.Limit, "Too many search keys");

    /// <summary>All must match.</summary>
    public SearchKey Key => key;

    /// <summary>A MODSEQ key was given (RFC 7162 section 3.1.5).</summary>
    public bool UsesModSeq { get; init; }

    /// <summary>RECENT, OLD or NEW was given, which IMAP4rev2 no longer has (RFC 9051 appendix E).</summary>
    public bool UsesRecent { get; init; }

    /// <summary>The keys cannot be searched for, whatever the mailbox holds: their charset is unknown, or there are too many of them.</summary>
    public MailError? Refusal { get; init; }

    /// <summary>FUZZY was given (RFC 6203).</summary>
    public bool IsFuzzy { get; init; }

    /// <summary>A charset was named that UTF8=ACCEPT forbids: to SEARCH any, to SORT and THREAD another than UTF-8 (RFC 9755 section 3).</summary>
    public bool HasOwnCharset { get; init; }

    /// <summary>How many keys there are, parentheses counted too.</summary>
    public int Keys { get; init; }

    /// <summary>How many texts are looked for.</summary>
    public int Texts { get; init; }

    /// <summary>How deep keys are nested; 1 for a flat list.</summary>
    public int Depth { get; init; }

    /// <summary>What matches may change with nothing but time.</summary>
    public bool DependsOnTime => within.Count > 0;

    /// <summary>Sequence numbers or <c>$</c> are used: the search has a meaning in the selected mailbox only.</summary>
    public bool NeedsSelected
    {
        get
        {
            foreach (var set in sets)
            {
                if (set.IsOfSession)
                    return true;
            }

            return false;
        }
    }

    /// <summary>The answer to a search that cannot be made, or is larger than the options allow; null for others.</summary>
    public MailError? RefusalBy(ImapOptions options) =>
        Refusal
        ?? (Keys > options.MaxSearchKeys ? TooManyKeys
            : Texts > options.MaxSearchTexts ? new MailError(MailErrorCode.Limit, "Too many texts to search for")
            : Depth > options.MaxSearchDepth ? TooDeep
            : null);

    /// <summary>Says what time it is, before each search.</summary>
    public void SetTime(DateTimeOffset now)
    {
        foreach (var key in within)
            key.SetTime(now.ToUnixTimeSeconds());
    }

    /// <summary>
    /// From now on sequence numbers and <c>$</c> mean the messages that they meant when the command ran, whatever comes and goes (RFC 5267 section 4.3).
    /// </summary>
    public void Freeze()
    {
        foreach (var set in sets)
            set.Freeze();
    }

    /// <summary>Relevancy is asked for (RFC 6203 section 4). False without a FUZZY key: then there is none.</summary>
    public bool TryScore()
    {
        foreach (var key in fuzzy)
            key.IsScored = true;
        return IsFuzzy;
    }

    /// <summary>Relevancy of a message that matched, 1 to 100: the mean over the fuzzy keys that it matches.</summary>
    public int ScoreOf(uint uid)
    {
        int sum = 0, count = 0;
        foreach (var key in fuzzy)
        {
            var score = key.ScoreOf(uid);
            sum += score;
            count += score > 0 ? 1 : 0;
        }

        return count == 0 ? 1 : sum / count;
    }
}
