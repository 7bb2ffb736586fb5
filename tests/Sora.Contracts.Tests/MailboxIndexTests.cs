using System.Buffers.Binary;
using Sora.Contracts;

namespace Sora.Contracts.Tests;

/// <summary>The index against a plain list, over random histories with a fixed seed.</summary>
public sealed class MailboxIndexTests
{
    private static readonly MailboxId Id = new(7);
    private static readonly UidValidity Validity = new(99);

    [Theory]
    [InlineData(1, 400, 8)]
    [InlineData(2, 60, 3000)]
    [InlineData(3, 200, 300)]
    public void Every_state_equals_the_model_and_old_states_stay_as_they_were(int seed, int records, int appendAtMost)
    {
        var random = new Random(seed);
        var index = MailboxIndex.Empty(Id, Validity);
        var model = new Model();
        var kept = new List<(MailboxIndex Index, List<MessageRow> Rows)>();
        for (var i = 0; i < records; i++)
        {
            var delta = MailboxDeltaCodec.Decode(MailboxDeltaCodec.Encode(model.Next(random, appendAtMost)));
            // A second successor of the same state must not disturb the first
            if (random.Next(4) == 0)
                index.Apply(new MailboxDelta { ModSeq = index.HighestModSeq.Next, UidNext = index.UidNext.Value + 1, Appended = [Message(index.UidNext.Value, 0)] });
            index = index.Apply(delta);
            model.Apply(delta);
            if (i % 7 == 0)
                kept.Add((index, [.. model.Rows]));
            model.Check(index);
        }

        foreach (var (old, rows) in kept)
            Rows(old).ShouldBe(rows);
        CheckDifferences(kept, index);
        CheckSnapshot(index);
    }

    [Fact]
    public void A_flag_change_that_changes_nothing_keeps_the_mod_sequence()
    {
        var index = Filled(10).Apply(new MailboxDelta
        {
            ModSeq = new ModSeq(2),
            UidNext = 11,
            FlagChanges = [new FlagChange(UidSet.Range(2, 4), FlagMask.Seen, 0)],
        });
        var again = index.Apply(new MailboxDelta
        {
            ModSeq = new ModSeq(3),
            UidNext = 11,
            FlagChanges = [new FlagChange(UidSet.Range(1, 3), FlagMask.Seen, 0)],
        });
        Rows(again).Select(static row => row.ModSeq).ShouldBe([3, 2, 2, 2, 1, 1, 1, 1, 1, 1]);
        again.Totals.Unseen.ShouldBe(6);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(0)]
    public void A_record_that_does_not_follow_is_refused(long modSeq) =>
        Should.Throw<InvalidDataException>(() => Filled(2).Apply(new MailboxDelta { ModSeq = new ModSeq(modSeq), UidNext = 3 }));

    [Fact]
    public void A_uid_that_was_given_is_not_given_again()
    {
        var index = Filled(3).Apply(new MailboxDelta { ModSeq = new ModSeq(2), UidNext = 4, Expunged = UidSet.Of(3) });
        Should.Throw<InvalidDataException>(() =>
            index.Apply(new MailboxDelta { ModSeq = new ModSeq(3), UidNext = 4, Appended = [Message(3, 0)] }));
    }

    [Fact]
    public void Nothing_follows_the_end_of_a_mailbox()
    {
        var index = Filled(1).Apply(new MailboxDelta { ModSeq = new ModSeq(2), UidNext = 2, IsEnd = true });
        index.IsEnded.ShouldBeTrue();
        Should.Throw<InvalidDataException>(() => index.Apply(new MailboxDelta { ModSeq = new ModSeq(3), UidNext = 2 }));
    }

    [Fact]
    public void A_change_of_a_hundred_thousand_messages_is_a_few_bytes()
    {
        var delta = new MailboxDelta
        {
            ModSeq = new ModSeq(2),
            UidNext = 100_001,
            FlagChanges = [new FlagChange(UidSet.Range(1, 100_000), FlagMask.Seen, 0)],
        };
        MailboxDeltaCodec.Encode(delta).Length.ShouldBeLessThan(24);
        Filled(100_000).Apply(delta).Totals.Unseen.ShouldBe(0);
    }

    [Fact]
    public void A_record_that_expunges_keeps_what_the_messages_had_and_one_without_that_is_read()
    {
        var delta = new MailboxDelta
        {
            ModSeq = new ModSeq(2),
            UidNext = 10,
            Expunged = UidSet.Of(1u, 2u, 5u),
            ExpungedFlags = [new ExpungedFlags(UidSet.Of(1u), FlagMask.Seen | FlagMask.OfKeyword(3)), new ExpungedFlags(UidSet.Of(5u), FlagMask.Flagged)],
            ExpungedKeywords = [new KeywordDefinition(3, "$Work")],
            Moved = UidSet.Of(2u),
        };
        var encoded = MailboxDeltaCodec.Encode(delta);
        var read = MailboxDeltaCodec.Decode(encoded);
        read.ExpungedFlags.ShouldBe(delta.ExpungedFlags);
        read.ExpungedKeywords.ShouldBe(delta.ExpungedKeywords);
        read.Moved.ShouldBe(delta.Moved);

        // As earlier versions wrote them: behind the rest, where those do not look either
        var bare = MailboxDeltaCodec.Encode(delta with { ExpungedFlags = [], ExpungedKeywords = [], Moved = UidSet.Empty });
        encoded.AsSpan().StartsWith(bare.AsSpan(0, bare.Length - 3)).ShouldBeTrue();
        var old = MailboxDeltaCodec.Decode(bare.AsSpan(0, bare.Length - 3));
        old.Expunged.ShouldBe(delta.Expunged);
        old.ExpungedFlags.ShouldBeEmpty();
        old.Moved.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Damaged_records_and_snapshots_are_told_from_good_ones()
    {
        var random = new Random(5);
        var model = new Model();
        var record = MailboxDeltaCodec.Encode(model.Next(random, 20));
        for (var i = 0; i < 2000; i++)
        {
            var damaged = (byte[])record.Clone();
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                MailboxDeltaCodec.Decode(damaged.AsSpan(0, random.Next(damaged.Length + 1)));
            }
            catch (Exception e) when (e is InvalidDataException or ArgumentOutOfRangeException)
            {
                // told
            }
        }

        var index = Filled(5000);
        var (header, chunks) = Snapshot(index);
        chunks[1] = (byte[])chunks[1].Clone();
        chunks[1][40] ^= 1;
        Should.Throw<InvalidDataException>(() => Read(header, chunks)).Message.ShouldContain("checksum");
        Should.Throw<InvalidDataException>(() => Read(header, chunks[..1])).Message.ShouldContain("lacks");
    }

    [Fact]
    public void A_snapshot_takes_at_most_25_bytes_a_message_and_reads_back_the_same()
    {
        var index = Filled(100_000);
        var (_, chunks) = Snapshot(index);
        (chunks.Sum(static chunk => chunk.Length) / 100_000.0).ShouldBeLessThan(25);
        CheckSnapshot(index);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(300, 1)]
    [InlineData(70_000, 1)]
    [InlineData(5_000_000_000, 3)]
    [InlineData(long.MaxValue, 1)]
    public void Columns_of_every_form_and_width_read_back_the_same(long jump, int every)
    {
        var random = new Random(7);
        var date = 1_700_000_000L;
        var messages = new AppendedMessage[5000];
        for (var i = 0; i < messages.Length; i++)
        {
            if (every > 0 && i % every == 0)
                date = unchecked(date + random.NextInt64(-jump / 4, jump / 4 + 1));
            messages[i] = new AppendedMessage((uint)(i * 3) + 1, (ulong)date, date, unchecked(date * i), (uint)date, new ContentId(i + (date & 255)));
        }

        var uidNext = (uint)(messages.Length * 3) + 1;
        CheckSnapshot(MailboxIndex.Empty(Id, Validity).Apply(new MailboxDelta { ModSeq = new ModSeq(1), UidNext = uidNext, Appended = messages }));
    }

    [Fact]
    public void A_damaged_header_is_told()
    {
        var header = MailboxIndexCodec.EncodeHeader(Snapshot(Filled(5000)).Header);
        for (var i = 0; i < header.Length; i++)
        {
            var damaged = (byte[])header.Clone();
            damaged[i] ^= 16;
            Should.Throw<InvalidDataException>(() => MailboxIndexCodec.DecodeHeader(Id, Validity, damaged));
            Should.Throw<InvalidDataException>(() => MailboxIndexCodec.DecodeHeader(Id, Validity, header[..i]));
        }
    }

    private static MailboxIndex Filled(int count)
    {
        var random = new Random(count);
        var messages = new AppendedMessage[count];
        for (var i = 0; i < count; i++)
        {
            messages[i] = new AppendedMessage(
                (uint)i + 1, 0, 1_700_000_000 + (i * 60L), 1_750_000_000 + i, (uint)random.Next(500, 200_000), new ContentId(5000 + (i * 3L)));
        }

        return MailboxIndex.Empty(Id, Validity).Apply(new MailboxDelta { ModSeq = new ModSeq(1), UidNext = (uint)count + 1, Appended = messages });
    }

    private static AppendedMessage Message(uint uid, ulong flags) => new(uid, flags, 1_700_000_000 + uid, 1_700_000_001, 1000 + uid, new ContentId(uid));

    private static List<MessageRow> Rows(MailboxIndex index) => [.. Enumerable.Range(0, index.Count).Select(position => index[position])];

    private static (SnapshotHeader Header, byte[][] Chunks) Snapshot(MailboxIndex index)
    {
        var chunks = Enumerable.Range(0, index.ChunkCount).Select(chunk => MailboxIndexCodec.EncodeChunk(index, chunk)).ToArray();
        var operation = new CompletedOperation(new OperationId(1, 2), UidSet.Of(3), UidSet.Range(4, 9), Validity, 5, 6);
        var header = new SnapshotHeader(
            index, [.. chunks.Select(static (chunk, i) => new SnapshotChunk(i, MailboxIndexCodec.Checksum(chunk)))], chunks.Length, [operation]);
        var read = MailboxIndexCodec.DecodeHeader(Id, Validity, MailboxIndexCodec.EncodeHeader(header));
        read.Operations.ShouldBe([operation]);
        return (read, chunks);
    }

    private static MailboxIndex Read(SnapshotHeader header, byte[][] chunks)
    {
        var reader = new SnapshotReader(header);
        for (var i = chunks.Length - 1; i >= 0; i--)
            reader.Add(header.Chunks[i].Number, chunks[i]);
        return reader.ToIndex();
    }

    private static void CheckSnapshot(MailboxIndex index)
    {
        var (header, chunks) = Snapshot(index);
        var read = Read(header, chunks);
        Rows(read).ShouldBe(Rows(index));
        read.Totals.ShouldBe(index.Totals);
        read.UidNext.ShouldBe(index.UidNext);
        read.HighestModSeq.ShouldBe(index.HighestModSeq);
        read.FirstRecent.ShouldBe(index.FirstRecent);
        Enumerable.Range(0, read.Keywords.SlotCount).Select(slot => read.Keywords[slot])
            .ShouldBe(Enumerable.Range(0, index.Keywords.SlotCount).Select(slot => index.Keywords[slot]));
    }

    private static void CheckDifferences(List<(MailboxIndex Index, List<MessageRow> Rows)> kept, MailboxIndex newest)
    {
        var now = Rows(newest).ToDictionary(static row => row.Uid);
        foreach (var (old, rows) in kept)
        {
            var difference = IndexDifference.Between(old, newest);
            difference.Expunged.Select(position => rows[position].Uid).ShouldBe(rows.Select(static row => row.Uid).Where(uid => !now.ContainsKey(uid)));
            difference.ExpungedUids.ShouldBe(UidSet.Of([.. rows.Select(static row => row.Uid).Where(uid => !now.ContainsKey(uid))]));
            difference.Changed.Select(position => newest[position].Uid).ShouldBe(
                rows.Where(row => now.TryGetValue(row.Uid, out var current) && current.ModSeq > row.ModSeq).Select(static row => row.Uid));
            difference.Appended.ShouldBe(now.Keys.Count(uid => uid >= old.UidNext.Value));
        }
    }

    private sealed class Model
    {
        private long _modSeq;
        private uint _uidNext = 1;

        public List<MessageRow> Rows { get; private set; } = [];

        public MailboxDelta Next(Random random, int appendAtMost)
        {
            var appended = new AppendedMessage[random.Next(3) == 0 ? random.Next(appendAtMost + 1) : 0];
            var uid = _uidNext;
            for (var i = 0; i < appended.Length; i++)
            {
                uid += (uint)random.Next(1, 3);
                appended[i] = Message(uid, (ulong)random.Next(32));
            }

            var next = appended.Length == 0 ? _uidNext : uid + 1;
            var changes = Enumerable.Range(0, random.Next(3))
                .Select(_ => new FlagChange(Some(random, next), (ulong)random.NextInt64() & 0xff, (ulong)random.NextInt64() & 0xff)).ToArray();
            return new MailboxDelta
            {
                ModSeq = new ModSeq(_modSeq + 1),
                UidNext = next,
                FirstRecent = (uint)random.Next((int)next),
                Appended = appended,
                FlagChanges = changes,
                Expunged = random.Next(4) == 0 ? Some(random, next) : UidSet.Empty,
                Keywords = random.Next(10) == 0 ? [new KeywordDefinition(random.Next(10), $"word{random.Next(100)}")] : [],
            };
        }

        public void Apply(MailboxDelta delta)
        {
            _modSeq = delta.ModSeq.Value;
            _uidNext = Math.Max(_uidNext, delta.UidNext);
            foreach (var message in delta.Appended)
                Rows.Add(new MessageRow(message.Uid, _modSeq, message.Flags, message.InternalDate, message.SaveDate, message.Size, message.Content));
            foreach (var change in delta.FlagChanges)
            {
                for (var i = 0; i < Rows.Count; i++)
                {
                    var flags = (Rows[i].Flags & ~change.Remove) | change.Add;
                    if (change.Uids.Contains(Rows[i].Uid) && flags != Rows[i].Flags)
                        Rows[i] = Rows[i] with { Flags = flags, ModSeq = _modSeq };
                }
            }

            Rows = [.. Rows.Where(row => !delta.Expunged.Contains(row.Uid))];
        }

        public void Check(MailboxIndex index)
        {
            MailboxIndexTests.Rows(index).ShouldBe(Rows);
            index.Totals.ShouldBe(new MailboxTotals(
                Rows.Count,
                Rows.Count(static row => (row.Flags & FlagMask.Seen) == 0),
                Rows.Count(static row => (row.Flags & FlagMask.Deleted) != 0),
                Rows.Sum(static row => (long)row.Size),
                Rows.Where(static row => (row.Flags & FlagMask.Deleted) != 0).Sum(static row => (long)row.Size)));
            for (var i = 0; i < Rows.Count; i += Math.Max(1, Rows.Count / 50))
            {
                index.PositionOf(Rows[i].Uid).ShouldBe(i);
                index.UidAt(i).ShouldBe(Rows[i].Uid);
            }

            index.PositionOf(_uidNext).ShouldBe(-1);
            index.LowerBound(_uidNext).ShouldBe(Rows.Count);
            index.Uids().ShouldBe(UidSet.Of([.. Rows.Select(static row => row.Uid)]));
        }

        private static UidSet Some(Random random, uint next)
        {
            var ranges = new UidRange[random.Next(1, 5)];
            for (var i = 0; i < ranges.Length; i++)
            {
                var first = (uint)random.Next(1, (int)next + 2);
                ranges[i] = new UidRange(first, first + (uint)random.Next(random.Next(2) == 0 ? 3 : 40));
            }

            return UidSet.Of(ranges);
        }
    }
}
