using Sora.Contracts;

namespace Sora.Gateway.Imap.Search;

/// <summary>Messages that the server itself chose: those that have changed since a search.</summary>
internal sealed class UidsKey(UidSet uids) : SearchKey
{
    public override Match Evaluate(SearchCandidate candidate) => Of(uids.Contains(candidate.Row.Uid));
}
