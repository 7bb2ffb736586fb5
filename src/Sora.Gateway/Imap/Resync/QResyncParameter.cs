using Sora.Contracts;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Resync;

/// <summary>The QRESYNC parameter of SELECT and EXAMINE: what the client remembers of the mailbox (RFC 7162 section 3.2.5).</summary>
/// <param name="ModSeq">The state that it knows.</param>
/// <param name="KnownUids">The messages that it is interested in; null for all.</param>
/// <param name="Match">Numbers and UIDs of some messages; null for none.</param>
internal sealed record QResyncParameter(UidValidity UidValidity, ModSeq ModSeq, SequenceSet? KnownUids, SequenceMatch? Match)
{
    /// <summary>Behind the word QRESYNC: <c>SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"</c>.</summary>
    public static QResyncParameter Parse(ref ImapParser parser)
    {
        parser.Space();
        parser.Open();
        var uidValidity = new UidValidity(parser.NzNumber());
        parser.Space();
        var modSeq = parser.ModSequence();
        SequenceSet? known = null;
        SequenceMatch? match = null;
        if (parser.TrySpace())
        {
            if (!parser.Peek((byte)'('))
                known = KnownSet(ref parser);
            if (known is null || parser.TrySpace())
                match = ParseMatch(ref parser);
        }

        parser.Close();
        return new QResyncParameter(uidValidity, modSeq, known, match);
    }

    // seq-match-data = "(" known-sequence-set SP known-uid-set ")"
    private static SequenceMatch ParseMatch(ref ImapParser parser)
    {
        parser.Open();
        var numbers = parser.MessageNumbers();
        if (numbers.IsSaved || !numbers.IsAscending)
            throw parser.Error("ascending message numbers before this");
        parser.Space();
        var uids = KnownSet(ref parser);
        if (!uids.IsAscending || uids.Count != numbers.Count)
            throw parser.Error("ascending UIDs, as many as message numbers, before this");
        parser.Close();
        return new SequenceMatch(numbers.Ranges, uids.Ranges);
    }

    private static SequenceSet KnownSet(ref ImapParser parser)
    {
        var set = parser.SequenceSet();
        return set.IsSaved || set.HasStar ? throw parser.Error("a set without \"*\" and \"$\" before this") : set;
    }
}
