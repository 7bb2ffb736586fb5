using Sora.Contracts;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Sorting;

/// <summary>sort-key (RFC 5256 section 5, RFC 5957, RFC 6203).</summary>
internal enum SortKey
{
    Arrival,
    Cc,
    Date,
    From,
    Size,
    Subject,
    To,
    DisplayFrom,
    DisplayTo,
    Relevancy,
}

/// <summary>sort-criterion: a key, perhaps in reverse.</summary>
internal readonly record struct SortCriterion(SortKey Key, bool IsReverse = false)
{
    private const int MaxCriteria = 32;

    /// <summary>What has to be known of messages to compare them.</summary>
    public MessageKeyParts Parts => Key switch
    {
        SortKey.Cc => MessageKeyParts.Cc,
        SortKey.Date => MessageKeyParts.SentDate,
        SortKey.From => MessageKeyParts.From,
        SortKey.Subject => MessageKeyParts.Subject,
        SortKey.To => MessageKeyParts.To,
        SortKey.DisplayFrom => MessageKeyParts.DisplayFrom,
        SortKey.DisplayTo => MessageKeyParts.DisplayTo,
        _ => MessageKeyParts.None,
    };

    /// <summary>sort-criteria = "(" sort-criterion *(SP sort-criterion) ")".</summary>
    public static List<SortCriterion> ParseList(ref ImapParser parser)
    {
        var criteria = new List<SortCriterion>();
        parser.Open();
        do
        {
            if (criteria.Count == MaxCriteria)
                throw parser.Error($"at most {MaxCriteria} sort criteria");
            criteria.Add(Parse(ref parser));
        }
        while (parser.TrySpace());
        parser.Close();
        return criteria;
    }

    private static SortCriterion Parse(ref ImapParser parser)
    {
        var name = parser.Atom("a sort key");
        var isReverse = name == "REVERSE";
        if (isReverse)
        {
            parser.Space();
            name = parser.Atom("a sort key");
        }

        return new SortCriterion(
            name switch
            {
                "ARRIVAL" => SortKey.Arrival,
                "CC" => SortKey.Cc,
                "DATE" => SortKey.Date,
                "FROM" => SortKey.From,
                "SIZE" => SortKey.Size,
                "SUBJECT" => SortKey.Subject,
                "TO" => SortKey.To,
                "DISPLAYFROM" => SortKey.DisplayFrom,
                "DISPLAYTO" => SortKey.DisplayTo,
                "RELEVANCY" => SortKey.Relevancy,
                _ => throw parser.Error("a sort key"),
            },
            isReverse);
    }
}
