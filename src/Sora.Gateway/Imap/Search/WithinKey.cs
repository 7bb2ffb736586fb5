namespace Sora.Gateway.Imap.Search;

/// <summary>YOUNGER and OLDER (RFC 5032): INTERNALDATE is at most, or at least, that many seconds ago.</summary>
internal sealed class WithinKey(bool isYounger, uint seconds) : SearchKey
{
    private long _limit;

    /// <summary>Says what time it is; to be told before each search.</summary>
    public void SetTime(long unixSeconds) => _limit = unixSeconds - seconds;

    public override Match Evaluate(SearchCandidate candidate) =>
        Of(isYounger ? candidate.Row.InternalDate >= _limit : candidate.Row.InternalDate <= _limit);
}
