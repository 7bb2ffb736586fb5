using Sora.Contracts;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Search;

/// <summary>ALL.</summary>
internal sealed class AllKey : SearchKey
{
    public override Match Evaluate(SearchCandidate candidate) => Match.Yes;
}

/// <summary>System flags: those of <paramref name="set"/> are set, those of <paramref name="clear"/> are not.</summary>
internal sealed class FlagKey(ulong set, ulong clear) : SearchKey
{
    public override Match Evaluate(SearchCandidate candidate) =>
        Of((candidate.Row.Flags & set) == set && (candidate.Row.Flags & clear) == 0);
}

/// <summary>KEYWORD. One that the mailbox has never seen is on no message.</summary>
internal sealed class KeywordKey(string keyword) : SearchKey
{
    private ulong _mask;

    public override void Bind(SelectedMailbox selected, MailboxIndex latest)
    {
        var slot = latest.Keywords.IndexOf(keyword);
        _mask = slot < 0 ? 0 : FlagMask.OfKeyword(slot);
    }

    public override Match Evaluate(SearchCandidate candidate) => Of((candidate.Row.Flags & _mask) != 0);
}

/// <summary>RECENT (RFC 3501 section 6.4.4); NEW and OLD are made of it.</summary>
internal sealed class RecentKey : SearchKey
{
    private UidSet _recent;

    public override void Bind(SelectedMailbox selected, MailboxIndex latest) => _recent = selected.Recent;

    public override Match Evaluate(SearchCandidate candidate) => Of(_recent.Contains(candidate.Row.Uid));
}

/// <summary>A sequence-set, UID with a set, or <c>$</c>. Numbers that do not exist match nothing.</summary>
internal sealed class SetKey(SequenceSet set, bool byUid) : SearchKey
{
    private UidSet _uids;
    private bool _isFrozen;

    /// <summary>It means nothing outside of the session's selected mailbox.</summary>
    public bool IsOfSession => !byUid || set.IsSaved;

    /// <summary>Keeps the messages that it means now, if it could mean others later.</summary>
    public void Freeze() => _isFrozen = IsOfSession;

    public override void Bind(SelectedMailbox selected, MailboxIndex latest)
    {
        if (!_isFrozen)
            _uids = byUid || set.IsSaved ? selected.Resolve(set, byUid: true)!.Value : set.ResolveExistingNumbers(selected.View);
    }

    public override Match Evaluate(SearchCandidate candidate) => Of(_uids.Contains(candidate.Row.Uid));
}

internal enum DateComparison
{
    Before,
    On,
    Since,
}

/// <summary>BEFORE, ON, SINCE: the day of INTERNALDATE in UTC, as FETCH shows it.</summary>
internal sealed class InternalDateKey(DateComparison comparison, DateOnly date) : SearchKey
{
    private readonly long _from = new DateTimeOffset(date, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeSeconds();

    public override Match Evaluate(SearchCandidate candidate)
    {
        var time = candidate.Row.InternalDate;
        return Of(comparison switch
        {
            DateComparison.Before => time < _from,
            DateComparison.Since => time >= _from,
            _ => time >= _from && time < _from + 86_400,
        });
    }
}

/// <summary>LARGER and SMALLER: RFC822.SIZE, both bounds excluded.</summary>
internal sealed class SizeKey(bool isLarger, long size) : SearchKey
{
    public override Match Evaluate(SearchCandidate candidate) =>
        Of(isLarger ? candidate.Row.Size > size : candidate.Row.Size < size);
}

/// <summary>MODSEQ (RFC 7162 section 3.1.5): the mod-sequence is that or higher.</summary>
internal sealed class ModSeqKey(ModSeq modSeq) : SearchKey
{
    public override Match Evaluate(SearchCandidate candidate) => Of(candidate.Row.ModSeq >= modSeq.Value);
}
