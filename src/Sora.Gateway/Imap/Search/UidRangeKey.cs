namespace Sora.Gateway.Imap.Search;

/// <summary>UIDAFTER and UIDBEFORE (RFC 9738 section 3.2): the UID lies between these, both included.</summary>
internal sealed class UidRangeKey(uint first, uint last) : SearchKey
{
    public override Match Evaluate(SearchCandidate candidate) => Of(candidate.Row.Uid >= first && candidate.Row.Uid <= last);
}
