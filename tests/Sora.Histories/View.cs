namespace Sora.Histories;

/// <summary>What a client believes about its selected mailbox, built from what it is told alone.</summary>
public sealed class View
{
    private readonly List<uint> _uids = [];
    private readonly Dictionary<uint, MessageState> _states = [];

    /// <summary>UIDs by sequence number less one; 0 where the client was not told.</summary>
    public IReadOnlyList<uint> Uids => _uids;

    public int Count => _uids.Count;

    public MessageState? StateOf(uint uid) => _states.GetValueOrDefault(uid);

    /// <summary>Takes in what was told. Says what is wrong with it, or null.</summary>
    /// <param name="told">What was told.</param>
    /// <param name="mayExpunge">No FETCH or STORE with sequence numbers is under way.</param>
    /// <param name="gone">Told of each UID that is gone; 0 when it was never known.</param>
    public string? Apply(ViewEvent told, bool mayExpunge, Action<uint>? gone = null)
    {
        switch (told.Kind)
        {
            case ViewEventKind.Exists:
                if (told.Number < (ulong)_uids.Count)
                    return $"EXISTS takes no message away: there were {_uids.Count}";
                while ((ulong)_uids.Count < told.Number)
                    _uids.Add(0);
                return null;
            case ViewEventKind.Expunge:
                if (!IsIn(told.Number))
                    return $"EXPUNGE of none of {_uids.Count} messages";
                var uid = Remove((int)told.Number - 1);
                gone?.Invoke(uid);
                return mayExpunge ? null : "EXPUNGE while sequence numbers are in use";
            case ViewEventKind.Vanished:
                foreach (var vanished in told.Uids)
                {
                    var at = _uids.IndexOf(vanished);
                    if (at >= 0)
                        Remove(at);
                    else if (!RemoveUnknown(vanished))
                        return $"VANISHED of UID {vanished}, which is not in the view";
                    gone?.Invoke(vanished);
                }

                return mayExpunge ? null : "VANISHED while sequence numbers are in use";
            case ViewEventKind.Fetch:
                return IsIn(told.Number) ? Fetched((int)told.Number - 1, told.Message!) : $"FETCH of none of {_uids.Count} messages";
            default:
                return null;
        }
    }

    private bool IsIn(ulong number) => number >= 1 && number <= (ulong)_uids.Count;

    private uint Remove(int at)
    {
        var uid = _uids[at];
        _uids.RemoveAt(at);
        _states.Remove(uid);
        return uid;
    }

    // One of those between its neighbours whose UIDs are not known: it does not matter which
    private bool RemoveUnknown(uint uid)
    {
        for (var i = 0; i < _uids.Count && (_uids[i] == 0 || _uids[i] < uid); i++)
        {
            if (_uids[i] == 0 && _uids.Skip(i + 1).FirstOrDefault(static next => next != 0, uint.MaxValue) > uid)
            {
                _uids.RemoveAt(i);
                return true;
            }
        }

        return false;
    }

    private string? Fetched(int at, MessageState told)
    {
        if (told.Uid != 0)
        {
            if (_uids[at] != 0 && _uids[at] != told.Uid)
                return $"message {at + 1} was UID {_uids[at]} and is now called {told.Uid}";
            var before = _uids.FindLastIndex(Math.Max(at - 1, 0), at, static uid => uid != 0);
            if (at > 0 && before >= 0 && _uids[before] >= told.Uid)
                return $"message {before + 1} is UID {_uids[before]}, so message {at + 1} cannot be {told.Uid}";
            var after = _uids.FindIndex(at + 1, static uid => uid != 0);
            if (after >= 0 && _uids[after] <= told.Uid)
                return $"message {after + 1} is UID {_uids[after]}, so message {at + 1} cannot be {told.Uid}";
            _uids[at] = told.Uid;
        }

        var uid = _uids[at];
        if (uid == 0)
            return null;
        var known = _states.GetValueOrDefault(uid);
        if (known is not null && told.ModSeq != 0 && told.ModSeq < known.ModSeq)
            return $"the mod-sequence of UID {uid} went back from {known.ModSeq}";
        _states[uid] = new MessageState(
            uid, told.ModSeq != 0 ? told.ModSeq : known?.ModSeq ?? 0, told.Flags ?? known?.Flags, told.Identity ?? known?.Identity);
        return null;
    }
}
