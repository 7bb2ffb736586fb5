using Sora.Contracts;
using Sora.Gateway.Imap.Fetch;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Search;
using Sora.Gateway.Imap.Sorting;

namespace Sora.Gateway.Imap.Contexts;

/// <summary>The result of a search that the client wants to be kept up to date (RFC 5267 section 4.3), as the client knows it.</summary>
internal sealed class SearchContext
{
    private readonly byte[] _tag;

    public SearchContext(
        byte[] tag, bool byUid, SearchProgram program, IReadOnlyList<SortCriterion> order, SearchOutcome outcome, List<FetchItem>? items = null)
    {
        Items = items;
        _tag = tag;
        ByUid = byUid;
        Program = program;
        Order = order;
        var view = outcome.Selected.View;
        UidNext = view.UidNext;
        var uids = Array.ConvertAll(outcome.Positions, view.UidAt);
        Members = UidSet.Of(uids);
        Sorted = order.Count > 0 ? uids : null;
    }

    public ReadOnlySpan<byte> Tag => _tag;

    /// <summary>What it counts for in the session's memory.</summary>
    public long Octets { get; set; }

    /// <summary>The mailbox, where updates name it: after ESEARCH (RFC 7377 section 2.1).</summary>
    public SearchedMailbox? Mailbox { get; init; }

    /// <summary>The result is told as UIDs, not as sequence numbers.</summary>
    public bool ByUid { get; }

    public SearchProgram Program { get; }

    public IReadOnlyList<SortCriterion> Order { get; }

    /// <summary>What is told of new messages that join the result (RFC 5465 section 7); null for nothing.</summary>
    public List<FetchItem>? Items { get; }

    /// <summary>UIDs in the result.</summary>
    public UidSet Members { get; private set; }

    /// <summary>The same in the order of SORT; null for SEARCH, whose result has the order of the mailbox.</summary>
    public uint[]? Sorted { get; private set; }

    /// <summary>UIDNEXT when the mailbox was looked at last; messages from there on are new.</summary>
    public Uid UidNext { get; set; }

    /// <summary>UIDs that have changed and were not looked at yet.</summary>
    public UidSet Changed { get; set; } = UidSet.Empty;

    /// <summary>Looking at what has changed is not enough: time alone changes the result, or its order hangs on all of it.</summary>
    public bool NeedsAll
    {
        get
        {
            if (Program.DependsOnTime)
                return true;
            foreach (var criterion in Order)
            {
                if (criterion.Key == SortKey.Relevancy)
                    return true;
            }

            return false;
        }
    }

    /// <summary>The result becomes another one.</summary>
    public void Update(UidSet members, uint[]? sorted)
    {
        Members = members;
        Sorted = sorted;
    }
}
