using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Mailboxes;

public sealed class MailboxTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private MailstoreNode _node = null!;
    private IAccount _account = null!;
    private IMailbox _inbox = null!;

    public async Task InitializeAsync()
    {
        _node = await MailstoreNode.StartAsync();
        _account = await _node.CreateAccountAsync();
        _inbox = await _node.InboxAsync(_account);
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task What_was_appended_is_there_with_uids_in_order()
    {
        var first = (await AppendAsync(_inbox, 3)).Value;
        first.Uids.ToString().ShouldBe("1:3");
        (await AppendAsync(_inbox, 1)).Value.Uids.ToString().ShouldBe("4");
        var index = await IndexAsync(_inbox);
        index.Count.ShouldBe(4);
        index.UidNext.Value.ShouldBe(5u);
        index.UidValidity.ShouldBe(first.UidValidity);
        index.HighestModSeq.Value.ShouldBe(2);
        await ShouldEqualDatabaseAsync(_inbox);
    }

    [Fact]
    public async Task Flags_are_added_removed_and_replaced_with_keywords()
    {
        await AppendAsync(_inbox, 3);
        await StoreAsync(_inbox, UidSet.Range(1, 2), StoreMode.Add, FlagSet.Of(SystemFlags.Seen, "$Forwarded"));
        await StoreAsync(_inbox, UidSet.Of(2), StoreMode.Replace, FlagSet.Of(SystemFlags.Flagged, "NEW"));
        await StoreAsync(_inbox, UidSet.All, StoreMode.Remove, FlagSet.Of(SystemFlags.Seen));
        var index = await IndexAsync(_inbox);
        index.Keywords.IndexOf("$FORWARDED").ShouldBe(0);
        index[0].Flags.ShouldBe(FlagMask.OfKeyword(0));
        index[1].Flags.ShouldBe(FlagMask.Flagged | FlagMask.OfKeyword(1));
        index[2].Flags.ShouldBe(0ul);
        await ShouldEqualDatabaseAsync(_inbox);
    }

    [Fact]
    public async Task Unchanged_since_spares_what_has_changed()
    {
        var appended = (await AppendAsync(_inbox, 3)).Value;
        await StoreAsync(_inbox, UidSet.Of(2), StoreMode.Add, FlagSet.Of(SystemFlags.Seen));
        var result = (await _inbox.StoreAsync(
            new StoreRequest(OperationId.None, UidSet.All, StoreMode.Add, FlagSet.Of(SystemFlags.Deleted), appended.ModSeq), None)).Value;
        result.Modified.ToString().ShouldBe("2");
        (await IndexAsync(_inbox)).Totals.Deleted.ShouldBe(2);
    }

    [Fact]
    public async Task A_store_that_changes_nothing_writes_no_record()
    {
        var appended = (await AppendAsync(_inbox, 1)).Value;
        var result = await _inbox.StoreAsync(
            new StoreRequest(OperationId.None, UidSet.All, StoreMode.Remove, FlagSet.Of(SystemFlags.Seen)), None);
        result.Value.ModSeq.ShouldBe(appended.ModSeq);
        (await IndexAsync(_inbox)).HighestModSeq.ShouldBe(appended.ModSeq);
    }

    [Fact]
    public async Task An_annotation_is_a_record_that_changes_no_message()
    {
        await AppendAsync(_inbox, 2);
        var write = new MetadataWrite(_account.Id, await MailstoreNode.IdAsync(_account, "INBOX"), [new MetadataEntry("/shared/comment", [1])], OperationId.New());
        var written = await Task.WhenAll(_node.Metadata.WriteAsync(write, None), _node.Metadata.WriteAsync(write, None));
        written.ShouldAllBe(static result => result.Value.Outcome == MetadataOutcome.Done);
        var index = await IndexAsync(_inbox);
        index.HighestModSeq.Value.ShouldBe(3);
        index[1].ModSeq.ShouldBe(1);
        await ShouldEqualDatabaseAsync(_inbox);
        await StoreAsync(_inbox, UidSet.Of(2), StoreMode.Add, FlagSet.Of(SystemFlags.Seen));
        (await IndexAsync(_inbox)).HighestModSeq.Value.ShouldBe(index.HighestModSeq.Value + 1);
        (await _inbox.ExpungedSinceAsync(new ModSeq(1), None)).Value!.Value.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task The_sixtieth_keyword_is_refused_until_one_is_no_longer_used()
    {
        await AppendAsync(_inbox, 2);
        var words = Enumerable.Range(0, FlagMask.MaxKeywords).Select(static i => $"word{i}").ToArray();
        await StoreAsync(_inbox, UidSet.Of(1), StoreMode.Add, FlagSet.Of(SystemFlags.None, words));
        var refused = await _inbox.StoreAsync(
            new StoreRequest(OperationId.None, UidSet.Of(2), StoreMode.Add, FlagSet.Of(SystemFlags.None, "one-more")), None);
        refused.Error!.Code.ShouldBe(MailErrorCode.Limit);
        await StoreAsync(_inbox, UidSet.Of(1), StoreMode.Remove, FlagSet.Of(SystemFlags.None, "word7"));
        await StoreAsync(_inbox, UidSet.Of(2), StoreMode.Add, FlagSet.Of(SystemFlags.None, "one-more"));
        var index = await IndexAsync(_inbox);
        index.Keywords[7].ShouldBe("one-more");
        index[0].Flags.ShouldBe(~(FlagMask.System | FlagMask.OfKeyword(7)));
        index[1].Flags.ShouldBe(FlagMask.OfKeyword(7));
        await ShouldEqualDatabaseAsync(_inbox);
    }

    [Fact]
    public async Task Expunge_takes_what_is_deleted_and_named()
    {
        await AppendAsync(_inbox, 4);
        await StoreAsync(_inbox, UidSet.Range(1, 3), StoreMode.Add, FlagSet.Of(SystemFlags.Deleted));
        (await _inbox.ExpungeAsync(new ExpungeRequest(OperationId.None, UidSet.Range(2, 9)), None)).Value.Expunged.ToString().ShouldBe("2:3");
        (await _inbox.ExpungeAsync(new ExpungeRequest(OperationId.None, UidSet.All), None)).Value.Expunged.ToString().ShouldBe("1");
        (await _inbox.ExpungeAsync(new ExpungeRequest(OperationId.None, UidSet.All), None)).Value.Expunged.IsEmpty.ShouldBeTrue();
        (await _inbox.ExpungedSinceAsync(new ModSeq(2), None)).Value!.Value.ToString().ShouldBe("1:3");
        (await _inbox.ExpungedSinceAsync(new ModSeq(3), None)).Value!.Value.ToString().ShouldBe("1");
        (await IndexAsync(_inbox)).Uids().ToString().ShouldBe("4");
        await ShouldEqualDatabaseAsync(_inbox);
    }

    [Fact]
    public async Task A_copy_keeps_flags_date_and_content_and_has_uids_of_its_own()
    {
        var archiveId = await MailstoreNode.IdAsync(_account, "Archive");
        var archive = _node.Mailboxes.Get(archiveId);
        await AppendAsync(archive, 2);
        await AppendAsync(_inbox, 3, FlagSet.Of(SystemFlags.Flagged, "$Work"));
        var copied = (await _inbox.CopyAsync(new CopyRequest(OperationId.None, UidSet.Of(1, 3, 77), archiveId, Move: false), None)).Value;
        copied.SourceUids.ToString().ShouldBe("1,3");
        copied.DestinationUids.ToString().ShouldBe("3:4");
        var (from, to) = (await IndexAsync(_inbox), await IndexAsync(archive));
        to[2].Content.ShouldBe(from[0].Content);
        to[3].Flags.ShouldBe(FlagMask.Flagged | FlagMask.OfKeyword(to.Keywords.IndexOf("$work")));
        to[3].InternalDate.ShouldBe(from[2].InternalDate);
        from.Count.ShouldBe(3);
        await ShouldEqualDatabaseAsync(archive);
    }

    [Fact]
    public async Task A_copy_into_a_mailbox_that_is_gone_says_so()
    {
        await AppendAsync(_inbox, 1);
        var trashId = await MailstoreNode.IdAsync(_account, "Trash");
        (await _account.DeleteAsync(MailboxName.Parse("Trash").Value, None)).IsOk.ShouldBeTrue();
        foreach (var move in new[] { false, true })
        {
            var result = await _inbox.CopyAsync(new CopyRequest(OperationId.None, UidSet.All, trashId, move), None);
            result.Error!.Code.ShouldBe(MailErrorCode.TryCreate);
        }

        (await _node.Mailboxes.Get(trashId).AppendAsync(new AppendRequest(OperationId.None, [TestMessage.Append()]), None))
            .Error!.Code.ShouldBe(MailErrorCode.NonExistent);
        (await IndexAsync(_inbox)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_move_within_a_mailbox_gives_new_uids()
    {
        await AppendAsync(_inbox, 2);
        var id = await MailstoreNode.IdAsync(_account, "INBOX");
        var moved = (await _inbox.CopyAsync(new CopyRequest(OperationId.None, UidSet.Of(1), id, Move: true), None)).Value;
        moved.DestinationUids.ToString().ShouldBe("3");
        (await IndexAsync(_inbox)).Uids().ToString().ShouldBe("2:3");
        await ShouldEqualDatabaseAsync(_inbox);
    }

    [Fact]
    public async Task Moves_in_opposite_directions_lose_nothing_and_do_not_wait_for_each_other()
    {
        var archiveId = await MailstoreNode.IdAsync(_account, "Archive");
        var inboxId = await MailstoreNode.IdAsync(_account, "INBOX");
        var archive = _node.Mailboxes.Get(archiveId);
        await AppendAsync(_inbox, 40);
        await AppendAsync(archive, 40);
        var there = Task.Run(() => MoveOneByOneAsync(_inbox, archiveId));
        var back = Task.Run(() => MoveOneByOneAsync(archive, inboxId));
        var deliveries = Task.WhenAll(Enumerable.Range(0, 40).Select(_ => AppendAsync(_inbox, 1)));
        await Task.WhenAll(there, back, deliveries).WaitAsync(TimeSpan.FromSeconds(60));
        var (left, right) = (await IndexAsync(_inbox), await IndexAsync(archive));
        (left.Count + right.Count).ShouldBe(120);
        await ShouldEqualDatabaseAsync(_inbox);
        await ShouldEqualDatabaseAsync(archive);

        static async Task MoveOneByOneAsync(IMailbox from, MailboxId to)
        {
            for (var i = 0; i < 40; i++)
            {
                var index = await IndexAsync(from);
                var result = await from.CopyAsync(new CopyRequest(OperationId.None, UidSet.Of(index.UidAt(i % index.Count)), to, Move: true), None);
                result.IsOk.ShouldBeTrue();
            }
        }
    }

    [Fact]
    public async Task A_request_sent_again_is_answered_and_not_repeated_even_after_a_restart()
    {
        var operation = OperationId.New();
        var request = new AppendRequest(operation, [TestMessage.Append()]);
        var first = (await _inbox.AppendAsync(request, None)).Value;
        var again = (await _inbox.AppendAsync(request, None)).Value;
        again.ShouldBe(first with { Repeated = true });

        var both = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ =>
            _inbox.AppendAsync(new AppendRequest(new OperationId(4, 4), [TestMessage.Append()]), None)));
        both.Select(static result => result.Value.Uids.ToString()).Distinct().ShouldHaveSingleItem();

        for (var i = 0; i < 40; i++)
            await AppendAsync(_inbox, 1); // enough records for a snapshot at the end
        var inboxId = await MailstoreNode.IdAsync(_account, "INBOX");
        await using var other = await MailstoreNode.StartAsync(_node.Address);
        (await other.Mailboxes.Get(inboxId).AppendAsync(request, None)).Value.ShouldBe(first with { Repeated = true });
        await _node.Mailboxes.DisposeAsync();
        await using var third = await MailstoreNode.StartAsync(_node.Address);
        (await third.Mailboxes.Get(inboxId).AppendAsync(request, None)).Value.ShouldBe(first with { Repeated = true });
        (await IndexAsync(third.Mailboxes.Get(inboxId))).Count.ShouldBe(42);
    }

    [Fact]
    public async Task Many_writers_at_once_share_records_and_no_uid_is_given_twice()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => Task.Run(() => AppendAsync(_inbox, 1))));
        results.Select(static result => result.Value.Uids.Ranges[0].First).Order().ShouldBe(Enumerable.Range(1, 300).Select(static i => (uint)i));
        (await IndexAsync(_inbox)).HighestModSeq.Value.ShouldBeLessThan(300);
        await ShouldEqualDatabaseAsync(_inbox);
    }

    [Fact]
    public async Task Recent_is_told_to_one_session()
    {
        await AppendAsync(_inbox, 2);
        (await _inbox.ClaimRecentAsync(new Uid(3), keep: true, None)).Value.Value.ShouldBe(1u);
        (await _inbox.ClaimRecentAsync(new Uid(3), keep: false, None)).Value.Value.ShouldBe(1u);
        (await _inbox.ClaimRecentAsync(new Uid(3), keep: false, None)).Value.Value.ShouldBe(3u);
        await AppendAsync(_inbox, 1);
        (await IndexAsync(_inbox)).FirstRecent.Value.ShouldBe(3u);
    }

    [Fact]
    public async Task A_snapshot_is_read_back_and_chunks_that_did_not_change_are_not_written_again()
    {
        await AppendAsync(_inbox, 9000);
        await SnapshotAsync();
        var before = await ChunkNumbersAsync();
        await StoreAsync(_inbox, UidSet.Of(5000), StoreMode.Add, FlagSet.Of(SystemFlags.Seen));
        await AppendAsync(_inbox, 5);
        await SnapshotAsync();
        var after = await ChunkNumbersAsync();
        before.Count.ShouldBe(3);
        after.Count.ShouldBe(3);
        after.Intersect(before).Count().ShouldBe(1);
        await ShouldEqualDatabaseAsync(_inbox);

        async Task SnapshotAsync() => await ((Mailbox)_inbox).WriteSnapshotAsync(1, None);

        async Task<List<long>> ChunkNumbersAsync()
        {
            await using var command = _node.Database.Write.CreateCommand("SELECT chunk FROM mailbox_snapshot_chunks");
            await using var reader = await command.ExecuteReaderAsync();
            var numbers = new List<long>();
            while (await reader.ReadAsync())
                numbers.Add(reader.GetInt64(0));
            return numbers;
        }
    }

    [Fact]
    public async Task A_damaged_snapshot_is_passed_over_while_the_log_is_whole()
    {
        await AppendAsync(_inbox, 100);
        await ((Mailbox)_inbox).WriteSnapshotAsync(1, None);
        await using (var command = _node.Database.Write.CreateCommand("UPDATE mailbox_snapshot_chunks SET data = set_byte(data, 50, 255 - get_byte(data, 50))"))
            await command.ExecuteNonQueryAsync();
        await ShouldEqualDatabaseAsync(_inbox);
    }

    [Fact]
    public async Task A_mailbox_that_nobody_uses_leaves_memory_and_comes_back_the_same()
    {
        await using var node = await MailstoreNode.StartAsync(_node.Address, new MailboxOptions { IdleEviction = TimeSpan.FromSeconds(1) });
        var watched = await MailstoreNode.IdAsync(_account, "Archive");
        var idle = await MailstoreNode.IdAsync(_account, "INBOX");
        await AppendAsync(node.Mailboxes.Get(watched), 1);
        await AppendAsync(node.Mailboxes.Get(idle), 3);
        using var subscription = node.Mailboxes.Subscribe(watched, new Deaf());
        await Eventually.WaitAsync(() => node.Mailboxes.Peek(idle) is null);
        node.Mailboxes.Peek(watched).ShouldNotBeNull();
        (await IndexAsync(node.Mailboxes.Get(idle))).Count.ShouldBe(3);
        (await AppendAsync(node.Mailboxes.Get(idle), 1)).Value.Uids.ToString().ShouldBe("4");
    }

    [Fact]
    public async Task Status_totals_are_those_of_the_newest_record()
    {
        await AppendAsync(_inbox, 5);
        await StoreAsync(_inbox, UidSet.Range(1, 2), StoreMode.Add, FlagSet.Of(SystemFlags.Seen | SystemFlags.Deleted));
        var id = await MailstoreNode.IdAsync(_account, "INBOX");
        var status = (await _account.StatusAsync([id, new MailboxId(999)], withRecent: true, None));
        status[0]!.Totals.ShouldBe((await IndexAsync(_inbox)).Totals);
        status[0]!.Totals.Unseen.ShouldBe(3);
        status[0]!.Recent.ShouldBe(5);
        status[1].ShouldBeNull();
    }

    internal static async Task<MailResult<AppendResult>> AppendAsync(IMailbox mailbox, int count, FlagSet? flags = null) =>
        await mailbox.AppendAsync(
            new AppendRequest(OperationId.None, [.. Enumerable.Range(0, count).Select(_ => TestMessage.Append(flags: flags))]), None);

    internal static async Task StoreAsync(IMailbox mailbox, UidSet uids, StoreMode mode, FlagSet flags) =>
        (await mailbox.StoreAsync(new StoreRequest(OperationId.None, uids, mode, flags), None)).IsOk.ShouldBeTrue();

    internal static async Task<MailboxIndex> IndexAsync(IMailbox mailbox) => (await mailbox.OpenAsync(default, None)).Value.Index!;

    // What a process that reads the mailbox for the first time sees
    private async Task ShouldEqualDatabaseAsync(IMailbox mailbox)
    {
        await using var other = await MailstoreNode.StartAsync(_node.Address);
        var index = await IndexAsync(mailbox);
        ShouldBeSame(await IndexAsync(other.Mailboxes.Get(index.Id)), index);
    }

    internal static void ShouldBeSame(MailboxIndex actual, MailboxIndex expected)
    {
        actual.HighestModSeq.ShouldBe(expected.HighestModSeq);
        actual.UidNext.ShouldBe(expected.UidNext);
        actual.Totals.ShouldBe(expected.Totals);
        Enumerable.Range(0, actual.Count).Select(position => actual[position])
            .ShouldBe(Enumerable.Range(0, expected.Count).Select(position => expected[position]));
    }

    private sealed class Deaf : IMailboxSubscriber
    {
        public void Changed(MailboxId mailbox, ModSeq modSeq)
        {
        }
    }
}
