namespace Sora.Contracts;

public sealed partial class MailboxIndex
{
    /// <summary>The state after one more record. Work grows with what the record touches, not with the mailbox.</summary>
    /// <exception cref="InvalidDataException">The record does not follow on this state.</exception>
    public MailboxIndex Apply(MailboxDelta delta)
    {
        if (delta.ModSeq != HighestModSeq.Next)
            throw new InvalidDataException($"Record {delta.ModSeq} does not follow on {HighestModSeq} in mailbox {Id}");
        if (IsEnded)
            throw new InvalidDataException($"Record {delta.ModSeq} comes after the end of mailbox {Id}");
        return With(delta);
    }

    /// <summary>The state with a further part of the record that led to it: how a writer plans a record out of several requests.</summary>
    public MailboxIndex Amend(MailboxDelta part) =>
        part.ModSeq == HighestModSeq ? With(part) : throw new ArgumentException("A part has its record's mod-sequence", nameof(part));

    private MailboxIndex With(MailboxDelta delta)
    {
        var keywords = Keywords;
        foreach (var (slot, name) in delta.Keywords)
            keywords = keywords.With(slot, name);

        var change = new Change(_chunks, Totals, delta.ModSeq.Value);
        change.Append(delta.Appended, UidNext.Value);
        foreach (var flags in delta.FlagChanges)
            change.Store(flags);
        if (!delta.Expunged.IsEmpty)
            change.Expunge(delta.Expunged);

        var chunks = change.Chunks;
        return new MailboxIndex(chunks, ReferenceEquals(chunks, _chunks) ? _starts : StartsOf(chunks))
        {
            Id = Id,
            UidValidity = UidValidity,
            UidNext = new Uid(Math.Max(delta.UidNext, UidNext.Value)),
            HighestModSeq = delta.ModSeq,
            Keywords = keywords,
            Totals = change.Totals,
            FirstRecent = new Uid(Math.Max(delta.FirstRecent, FirstRecent.Value)),
            IsEnded = delta.IsEnd,
        };
    }

    private static int[] StartsOf(MessageChunk[] chunks)
    {
        var starts = new int[chunks.Length];
        var position = 0;
        for (var i = 0; i < chunks.Length; i++)
        {
            starts[i] = position;
            position += chunks[i].Count;
        }

        return starts;
    }

    /// <summary>The chunks under way from one state to the next.</summary>
    private struct Change(MessageChunk[] chunks, MailboxTotals totals, long modSeq)
    {
        private bool _isOwn;

        public MessageChunk[] Chunks { get; private set; } = chunks;

        public MailboxTotals Totals { get; private set; } = totals;

        public void Append(IReadOnlyList<AppendedMessage> messages, uint uidNext)
        {
            if (messages.Count == 0)
                return;
            var rows = messages as AppendedMessage[] ?? [.. messages];
            var rest = rows.AsSpan();
            var (unseen, deleted, size, deletedSize) = (0, 0, 0L, 0L);
            var last = uidNext - 1;
            foreach (var message in rest)
            {
                if (message.Uid <= last)
                    throw new InvalidDataException($"UID {message.Uid} is not above {last}");
                last = message.Uid;
                size += message.Size;
                unseen += (message.Flags & FlagMask.Seen) == 0 ? 1 : 0;
                if ((message.Flags & FlagMask.Deleted) != 0)
                {
                    deleted++;
                    deletedSize += message.Size;
                }
            }

            var room = Chunks.Length == 0 ? 0 : MessageChunk.Capacity - Chunks[^1].Count;
            var added = (Math.Max(0, rest.Length - room) + MessageChunk.Capacity - 1) / MessageChunk.Capacity;
            var next = new MessageChunk[Chunks.Length + added];
            Chunks.CopyTo(next, 0);
            var at = Chunks.Length;
            if (room > 0)
            {
                var taken = Math.Min(room, rest.Length);
                next[at - 1] = next[at - 1].Append(rest[..taken], modSeq);
                rest = rest[taken..];
            }

            for (; rest.Length > 0; at++)
            {
                var taken = Math.Min(MessageChunk.Capacity, rest.Length);
                next[at] = MessageChunk.Create(rest[..taken], modSeq);
                rest = rest[taken..];
            }

            Chunks = next;
            _isOwn = true;
            Totals = new MailboxTotals(
                Totals.Messages + rows.Length, Totals.Unseen + unseen, Totals.Deleted + deleted, Totals.Size + size, Totals.DeletedSize + deletedSize);
        }

        public void Store(FlagChange change)
        {
            var scan = new UidScan(Chunks, change.Uids);
            ulong[]? flags = null;
            long[]? modSeqs = null;
            var current = -1;
            var (unseen, deleted, deletedSize) = (Totals.Unseen, Totals.Deleted, Totals.DeletedSize);
            var source = Chunks;
            while (scan.Next(out var chunk, out var from, out var to))
            {
                if (chunk != current)
                {
                    Keep(source, current, flags, modSeqs);
                    (current, flags, modSeqs) = (chunk, null, null);
                }

                var old = source[chunk];
                var before = old.Flags;
                for (var row = from; row < to; row++)
                {
                    var was = flags is null ? before[row] : flags[row];
                    var now = (was & ~change.Remove) | change.Add;
                    if (was == now)
                        continue;
                    if (flags is null || modSeqs is null)
                        (flags, modSeqs) = old.CopyFlags();
                    flags[row] = now;
                    modSeqs[row] = modSeq;
                    var difference = was ^ now;
                    if ((difference & (FlagMask.Seen | FlagMask.Deleted)) == 0)
                        continue;
                    if ((difference & FlagMask.Seen) != 0)
                        unseen += (now & FlagMask.Seen) == 0 ? 1 : -1;
                    if ((difference & FlagMask.Deleted) != 0)
                    {
                        var sign = (now & FlagMask.Deleted) != 0 ? 1 : -1;
                        deleted += sign;
                        deletedSize += sign * (long)old.Sizes[row];
                    }
                }
            }

            Keep(source, current, flags, modSeqs);
            Totals = Totals with { Unseen = unseen, Deleted = deleted, DeletedSize = deletedSize };
        }

        public void Expunge(UidSet uids)
        {
            var scan = new UidScan(Chunks, uids);
            var source = Chunks;
            var result = new List<MessageChunk>(source.Length);
            var gone = new bool[MessageChunk.Capacity];
            var (current, goneCount) = (-1, 0);
            var totals = Totals;
            while (scan.Next(out var chunk, out var from, out var to))
            {
                if (chunk != current)
                {
                    if (current >= 0)
                        Shrink(result, source[current], gone, goneCount);
                    for (var i = current + 1; i < chunk; i++)
                        result.Add(source[i]);
                    (current, goneCount) = (chunk, 0);
                    Array.Clear(gone);
                }

                var rows = source[chunk];
                for (var row = from; row < to; row++)
                {
                    gone[row] = true;
                    var isDeleted = (rows.Flags[row] & FlagMask.Deleted) != 0;
                    totals = new MailboxTotals(
                        totals.Messages - 1,
                        totals.Unseen - ((rows.Flags[row] & FlagMask.Seen) == 0 ? 1 : 0),
                        totals.Deleted - (isDeleted ? 1 : 0),
                        totals.Size - rows.Sizes[row],
                        totals.DeletedSize - (isDeleted ? rows.Sizes[row] : 0));
                }

                goneCount += to - from;
            }

            if (current < 0)
                return;
            Shrink(result, source[current], gone, goneCount);
            for (var i = current + 1; i < source.Length; i++)
                result.Add(source[i]);
            Chunks = [.. result];
            _isOwn = true;
            Totals = totals;
        }

        private void Keep(MessageChunk[] source, int chunk, ulong[]? flags, long[]? modSeqs)
        {
            if (flags is null || modSeqs is null)
                return;
            if (!_isOwn)
            {
                Chunks = [.. source];
                _isOwn = true;
            }

            Chunks[chunk] = source[chunk].WithFlags(flags, modSeqs);
        }

        // Small chunks are joined with the one before, so that their number stays near Count / Capacity.
        private static void Shrink(List<MessageChunk> result, MessageChunk chunk, bool[] gone, int goneCount)
        {
            var rest = chunk.Without(gone, goneCount);
            if (rest is null)
                return;
            if (result.Count > 0 && result[^1].Count + rest.Count <= MessageChunk.Capacity / 2)
                result[^1] = MessageChunk.Join(result[^1], rest);
            else
                result.Add(rest);
        }
    }
}
