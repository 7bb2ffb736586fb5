using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Mailboxes;

/// <summary>
/// A record in the making: requests are planned one after the other, each on top of those before it, and become one
/// <see cref="MailboxDelta"/> with one number.
/// </summary>
internal sealed class RecordPlan
{
    private readonly MailboxIndex _base;
    private readonly OperationMemory _memory;
    private readonly List<KeywordDefinition> _keywords = [];
    private readonly List<AppendedMessage> _appended = [];
    private readonly List<FlagChange> _flagChanges = [];
    private readonly List<CompletedOperation> _operations = [];
    private readonly List<NewContent> _contents = [];
    private readonly HashSet<long> _references = [];
    private readonly IReadOnlySet<long>? _purged;
    private readonly ExpungedMessages _expungedMessages = new();
    private UidSet _expunged = UidSet.Empty;
    private UidSet _moved = UidSet.Empty;
    private bool _isEnd;

    /// <param name="index">The state that the record is to follow on.</param>
    /// <param name="memory">What was carried out before.</param>
    /// <param name="firstRecent">The first UID that no session has been told of.</param>
    /// <param name="now">Seconds since 1970.</param>
    /// <param name="purged">Contents that are known to be gone: nothing can be made of them any more.</param>
    public RecordPlan(MailboxIndex index, OperationMemory memory, Uid firstRecent, long now, IReadOnlySet<long>? purged = null)
    {
        _purged = purged;
        _base = index;
        _memory = memory;
        Now = now;
        FirstRecent = firstRecent;
        ModSeq = index.HighestModSeq.Next;
        Index = index;
    }

    /// <summary>The state with everything that is planned so far.</summary>
    public MailboxIndex Index { get; private set; }

    /// <summary>Number that the record will have.</summary>
    public ModSeq ModSeq { get; }

    public uint UidNext => Index.UidNext.Value;

    /// <summary>Seconds since 1970.</summary>
    public long Now { get; }

    public Uid FirstRecent { get; }

    /// <summary>Nothing would change: no record is needed.</summary>
    public bool IsEmpty => ReferenceEquals(Index, _base) && !_isEnd;

    public bool HasRoomFor(int messages) => UidNext + (ulong)messages < uint.MaxValue;

    public bool TryRecall(OperationId id, out CompletedOperation operation)
    {
        if (_memory.TryGet(id, out operation))
            return true;
        if (!id.IsNone)
        {
            foreach (var planned in _operations)
            {
                if (planned.Id != id)
                    continue;
                operation = planned;
                return true;
            }
        }

        return false;
    }

    public void Remember(OperationId id, UidSet uids, UidSet sourceUids, UidValidity? uidValidity = null)
    {
        if (!id.IsNone)
            _operations.Add(new CompletedOperation(id, uids, sourceUids, uidValidity ?? Index.UidValidity, ModSeq.Value, Now));
    }

    /// <summary>The set without UIDs that do not exist yet.</summary>
    public UidSet Bounded(UidSet uids) => UidNext == 1 ? UidSet.Empty : uids.Intersect(UidSet.Range(1, UidNext - 1));

    /// <summary>The mask of flags, with new keywords entered; null when there is no room for one of them.</summary>
    public ulong? MaskOf(FlagSet flags)
    {
        foreach (var keyword in flags.Keywords)
        {
            if (Index.Keywords.IndexOf(keyword) < 0 && !TryAddKeyword(keyword))
                return null;
        }

        return Index.Keywords.MaskOf(flags);
    }

    /// <summary>The mask of flags; keywords for which there is no room are left out, because mail must not be refused for them.</summary>
    public ulong MaskOfSome(FlagSet flags)
    {
        foreach (var keyword in flags.Keywords)
        {
            if (Index.Keywords.IndexOf(keyword) < 0)
                TryAddKeyword(keyword);
        }

        return Index.Keywords.MaskOf(flags);
    }

    public void AddContent(NewContent content) => _contents.Add(content);

    public void Append(AppendedMessage[] messages)
    {
        _appended.AddRange(messages);
        Apply(new MailboxDelta { ModSeq = ModSeq, Appended = messages, UidNext = messages[^1].Uid + 1 });
    }

    public void Store(FlagChange change)
    {
        var before = Index;
        Apply(new MailboxDelta { ModSeq = ModSeq, FlagChanges = [change], UidNext = UidNext });
        if (HasSameMessages(before, Index))
            Index = before; // no message was changed by it
        else
            _flagChanges.Add(change);
    }

    /// <summary>Removes messages that exist.</summary>
    /// <param name="uids">Which.</param>
    /// <param name="areMoved">They are in another place from now on, so nobody will want them back.</param>
    public void Expunge(UidSet uids, bool areMoved = false)
    {
        if (uids.IsEmpty)
            return;
        _expunged = _expunged.Union(uids);
        if (areMoved)
            _moved = _moved.Union(uids);
        else
            _expungedMessages.Add(Index, uids);
        Apply(new MailboxDelta { ModSeq = ModSeq, Expunged = uids, UidNext = UidNext });
    }

    /// <summary>There is a record, even if it changes nothing.</summary>
    public void Touch() => Apply(new MailboxDelta { ModSeq = ModSeq, UidNext = UidNext });

    public void End() => _isEnd = true;

    /// <summary>Appends messages that are brought back, by reference, except those whose contents are gone; the UIDs that the others had.</summary>
    public IReadOnlyList<uint> AppendRestored(IReadOnlyList<RestorableMessage> messages)
    {
        var restored = new List<uint>(messages.Count);
        var rows = new List<AppendedMessage>(messages.Count);
        foreach (var message in messages)
        {
            if (_purged is not null && _purged.Contains(message.Content.Value))
                continue;
            rows.Add(new AppendedMessage(
                UidNext + (uint)rows.Count, MaskOfSome(message.Flags), message.InternalDate, Now, message.Size, message.Content));
            _references.Add(message.Content.Value);
            restored.Add(message.Uid);
        }

        if (rows.Count > 0)
            Append([.. rows]);
        return restored;
    }

    /// <summary>Appends messages of <paramref name="source"/> by reference: same content, flags (as far as allowed), internal date and size.</summary>
    public MailResult<CopyResult> AppendCopies(MailboxIndex source, CopyRequest request)
    {
        var (operation, covered) = (request.Operation, FlagMask.Covered(request.FlagRights));
        if (TryRecall(operation, out var done))
            return new CopyResult(done.UidValidity, done.SourceUids, done.Uids, source.HighestModSeq, new ModSeq(done.ModSeq));
        var existing = NotPurged(source, source.Existing(request.Uids));
        if (existing.IsEmpty)
            return new CopyResult(Index.UidValidity, UidSet.Empty, UidSet.Empty, source.HighestModSeq);
        var count = existing.Count;
        if (!HasRoomFor((int)count))
            return new MailError(MailErrorCode.Limit, "The mailbox has no UIDs left");
        var keywords = KeywordMap(source, covered);
        var rows = new AppendedMessage[count];
        var i = 0;
        foreach (var uid in existing)
        {
            var row = source[source.PositionOf(uid)];
            rows[i] = new AppendedMessage(UidNext + (uint)i, Translate(row.Flags & covered, source, keywords), row.InternalDate, Now, row.Size, row.Content);
            if (!request.Move)
                _references.Add(row.Content.Value);
            i++;
        }

        var copies = UidSet.Range(rows[0].Uid, rows[^1].Uid);
        Append(rows);
        Remember(operation, copies, existing);
        return new CopyResult(Index.UidValidity, existing, copies, source.HighestModSeq, ModSeq);
    }

    public MailboxCommit ToCommit(MailboxId id, AccountId account)
    {
        var delta = new MailboxDelta
        {
            ModSeq = ModSeq,
            Keywords = _keywords,
            Appended = _appended,
            FlagChanges = _flagChanges,
            Expunged = _expunged,
            ExpungedFlags = _expungedMessages.Flags,
            ExpungedKeywords = _expungedMessages.Keywords,
            Moved = _moved,
            UidNext = UidNext,
            FirstRecent = FirstRecent.Value,
            Operations = _operations,
            IsEnd = _isEnd,
        };
        return new MailboxCommit { Mailbox = id, Account = account, Delta = delta, Index = _isEnd ? _base.Apply(delta) : Index, Contents = _contents, References = _references };
    }

    // What was expunged in the source, and purged, since its index was read
    private UidSet NotPurged(MailboxIndex source, UidSet uids)
    {
        if (_purged is null)
            return uids;
        var builder = new UidSet.Builder();
        foreach (var uid in uids)
        {
            if (!_purged.Contains(source[source.PositionOf(uid)].Content.Value))
                builder.Add(uid);
        }

        return builder.ToSet();
    }

    // The slots here of the keywords there; -1 where there is no room.
    private int[] KeywordMap(MailboxIndex source, ulong covered)
    {
        var used = 0ul;
        if (source.Keywords.SlotCount > 0)
        {
            for (var chunk = 0; chunk < source.ChunkCount; chunk++)
            {
                foreach (var flags in source.Columns(chunk).Flags)
                    used |= flags;
            }
        }

        used &= covered;
        var map = new int[source.Keywords.SlotCount];
        for (var slot = 0; slot < map.Length; slot++)
        {
            var name = source.Keywords[slot];
            map[slot] = -1;
            if (name.Length == 0 || (used & FlagMask.OfKeyword(slot)) == 0)
                continue;
            if (Index.Keywords.IndexOf(name) < 0)
                TryAddKeyword(name);
            map[slot] = Index.Keywords.IndexOf(name);
        }

        return map;
    }

    private static ulong Translate(ulong flags, MailboxIndex source, int[] map)
    {
        var result = flags & FlagMask.System;
        for (var slot = 0; slot < map.Length; slot++)
        {
            if (map[slot] >= 0 && (flags & FlagMask.OfKeyword(slot)) != 0)
                result |= FlagMask.OfKeyword(map[slot]);
        }

        return result;
    }

    private bool TryAddKeyword(string name)
    {
        var slot = FreeSlot();
        if (slot < 0)
            return false;
        var definition = new KeywordDefinition(slot, name);
        _keywords.Add(definition);
        Apply(new MailboxDelta { ModSeq = ModSeq, Keywords = [definition], UidNext = UidNext });
        return true;
    }

    // The next slot, or when all are taken one that no message uses any more.
    private int FreeSlot()
    {
        if (Index.Keywords.SlotCount < FlagMask.MaxKeywords)
            return Index.Keywords.SlotCount;
        var used = 0ul;
        for (var chunk = 0; chunk < _base.ChunkCount; chunk++)
        {
            foreach (var flags in _base.Columns(chunk).Flags)
                used |= flags;
        }

        for (var chunk = 0; chunk < Index.ChunkCount; chunk++)
        {
            foreach (var flags in Index.Columns(chunk).Flags)
                used |= flags;
        }

        foreach (var change in _flagChanges)
            used |= change.Add;
        foreach (var keyword in _keywords)
            used |= FlagMask.OfKeyword(keyword.Slot);
        for (var slot = 0; slot < FlagMask.MaxKeywords; slot++)
        {
            if ((used & FlagMask.OfKeyword(slot)) == 0)
                return slot;
        }

        return -1;
    }

    private void Apply(MailboxDelta part)
    {
        part = part with { FirstRecent = FirstRecent.Value };
        Index = ReferenceEquals(Index, _base) ? _base.Apply(part) : Index.Amend(part);
    }

    private static bool HasSameMessages(MailboxIndex left, MailboxIndex right)
    {
        if (left.ChunkCount != right.ChunkCount)
            return false;
        for (var chunk = 0; chunk < left.ChunkCount; chunk++)
        {
            if (!ReferenceEquals(left.ChunkIdentity(chunk), right.ChunkIdentity(chunk)))
                return false;
        }

        return true;
    }
}
