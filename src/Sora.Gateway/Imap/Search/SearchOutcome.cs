using Sora.Contracts;
using Sora.Gateway.Imap.Responses;

namespace Sora.Gateway.Imap.Search;

/// <summary>The messages that a searching command found in one mailbox, before they are answered or saved.</summary>
/// <param name="Latest">The state of the mailbox that was searched.</param>
/// <param name="Positions">Positions in the session's view, in the order in which they are returned.</param>
internal sealed record SearchOutcome(SelectedMailbox Selected, MailboxIndex Latest, int[] Positions)
{
    public static readonly MailError TooMany = new(MailErrorCode.Limit, "The search has too many results");

    /// <summary>What <c>$</c> becomes: all, or only what MIN, MAX and PARTIAL name, unless ALL or COUNT is asked for too (RFC 5182 section 2.4, RFC 9394 section 3.2).</summary>
    public UidSet ToSave(SearchOptions options)
    {
        var uids = new uint[Positions.Length];
        var count = 0;
        for (var i = 0; i < Positions.Length; i++)
        {
            if (IsReturned(options, i))
                uids[count++] = Selected.View.UidAt(Positions[i]);
        }

        return UidSet.Of(uids.AsSpan(0, count));
    }

    public SearchAnswer ToAnswer(bool byUid, SearchOptions options, SearchProgram program)
    {
        var view = Selected.View;
        var numbers = new uint[Positions.Length];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = byUid ? view.UidAt(Positions[i]) : (uint)Positions[i] + 1;
        return new SearchAnswer(numbers, byUid, program.UsesModSeq ? HighestOf(options) : null, options.Has(SearchReturn.Relevancy) ? ScoresOf(program) : null);
    }

    private byte[] ScoresOf(SearchProgram program)
    {
        var scores = new byte[Positions.Length];
        for (var i = 0; i < scores.Length; i++)
            scores[i] = (byte)program.ScoreOf(Selected.View.UidAt(Positions[i]));
        return scores;
    }

    // RFC 7162 section 3.1.10: of what is returned, the highest.
    private ModSeq? HighestOf(SearchOptions options)
    {
        long highest = -1;
        for (var i = 0; i < Positions.Length; i++)
        {
            if (IsReturned(options, i))
                highest = Math.Max(highest, Selected.RowAt(Positions[i], Latest).ModSeq);
        }

        return highest < 0 ? null : new ModSeq(highest);
    }

    private bool IsReturned(SearchOptions options, int i)
    {
        if (options.Has(SearchReturn.All | SearchReturn.Count) || !options.Has(SearchReturn.Min | SearchReturn.Max | SearchReturn.Partial))
            return true;
        if ((i == 0 && options.Has(SearchReturn.Min)) || (i == Positions.Length - 1 && options.Has(SearchReturn.Max)))
            return true;
        if (!options.Has(SearchReturn.Partial))
            return false;
        var (from, to) = options.Partial.Of(Positions.Length);
        return i >= from && i < to;
    }
}
