using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Search;
using Sora.Mailstore.Storage;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Search;

public sealed class SearchHostTests : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private MailstoreNode _node = null!;
    private BodyHost _bodies = null!;
    private IAccount _account = null!;

    public async Task InitializeAsync()
    {
        _node = await MailstoreNode.StartAsync();
        _bodies = new BodyHost(_node.Database, new StorageOptions(), _folder.Path, _node.Metrics, TimeProvider.System, NullLoggerFactory.Instance);
        _account = await _node.CreateAccountAsync();
    }

    public async Task DisposeAsync()
    {
        await _bodies.DisposeAsync();
        await _node.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_not_indexed_yet_is_named()
    {
        await using var host = Open();
        await AppendAsync("Subject: one\n\nalpha\n");
        var contents = await ContentsAsync();
        var before = await host.Index.FindAsync(_account.Id, contents, [new TextQuestion(TextField.Body, "ALPHA")], CancellationToken.None);
        before.Unindexed.ToArray().ShouldBe(contents);
        before.Answers[0].Matches.Length.ShouldBe(0);
        (await host.IndexDueAsync(CancellationToken.None)).ShouldBe(1);
        await AppendAsync("Subject: two\n\nalpha\n");
        contents = await ContentsAsync();
        var after = await host.Index.FindAsync(_account.Id, contents, [new TextQuestion(TextField.Body, "ALPHA")], CancellationToken.None);
        after.Unindexed.ToArray().ShouldBe([contents[1]]);
        after.Answers[0].Matches.ToArray().ShouldBe([contents[0]]);
        after.Answers[0].Candidates.Length.ShouldBe(0);
    }

    [Fact]
    public async Task Contents_of_another_account_are_read()
    {
        await using var host = Open();
        await AppendAsync("Subject: one\n\nalpha\n");
        await host.IndexDueAsync(CancellationToken.None);
        var contents = await ContentsAsync();
        var answer = await host.Index.FindAsync(new AccountId(_account.Id.Value + 1), contents, [new TextQuestion(TextField.Body, "ALPHA")], CancellationToken.None);
        answer.Unindexed.ToArray().ShouldBe(contents);
    }

    [Fact]
    public async Task Small_segments_are_merged_and_a_search_in_between_goes_on()
    {
        await using var host = Open(new SearchOptions { Delay = TimeSpan.Zero, Batch = 1 });
        await using var other = Open();
        for (var i = 0; i < 30; i++)
        {
            await AppendAsync($"Subject: number {i}\n\nalpha {i} beta\n");
            await host.IndexDueAsync(CancellationToken.None);

            // The other one keeps in memory what is merged away here
            var contents = await ContentsAsync();
            var answer = await other.Index.FindAsync(
                _account.Id, contents, [new TextQuestion(TextField.Body, "A 1"), new TextQuestion(TextField.Subject, "BER 2")], CancellationToken.None);
            answer.Unindexed.Length.ShouldBe(0);
            answer.Answers[0].Matches.Length.ShouldBe(i == 0 ? 0 : i < 10 ? 1 : Math.Min(i - 8, 11));
            answer.Answers[1].Matches.Length.ShouldBe(i < 2 ? 0 : i < 20 ? 1 : i - 18);
        }

        (await ScalarAsync("SELECT count(*) FROM search_segments")).ShouldBeLessThan(12);
        (await ScalarAsync("SELECT count(*) FROM search_fields")).ShouldBe(8 * await ScalarAsync("SELECT count(*) FROM search_segments"));
        (await ScalarAsync("SELECT count(*) FROM search_queue")).ShouldBe(0);
    }

    [Fact]
    public async Task Keys_are_the_same_from_the_index_and_from_the_messages()
    {
        await using var host = Open(new SearchOptions { Delay = TimeSpan.Zero, Batch = 4 });
        for (var i = 0; i < 40; i++)
        {
            await AppendAsync(
                $"Date: Tue, {1 + (i % 28)} Feb 2022 23:00:00 -0500\nFrom: Ann{i % 3} <a{i % 5}@x>\nTo: b@x, c@x\nCc: Grüße <d{i}@x>\n"
                + $"Subject: Re: subject {i / 4}\nMessage-ID: <{i}@x>\nReferences: <{i / 4}@y> <{i - 1}@x>\n\nbody {i}\n");
            if (i == 29)
                await host.IndexDueAsync(CancellationToken.None);
        }

        var contents = await ContentsAsync();
        Array.Reverse(contents);
        contents = [.. contents, contents[3]]; // one twice
        foreach (var parts in new[] { (MessageKeyParts)511, MessageKeyParts.SentDate, MessageKeyParts.Subject | MessageKeyParts.DisplayTo, MessageKeyParts.Thread })
        {
            var stored = await host.Keys.ReadAsync(_account.Id, contents, parts, CancellationToken.None);
            var direct = await new DirectMessageKeys(_bodies.Messages).ReadAsync(_account.Id, contents, parts, CancellationToken.None);
            stored.ShouldBeEquivalentTo(direct);
        }
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_is_tried_again_and_then_left_out()
    {
        var store = new UnreadableStore(_bodies.Messages);
        await using var host = Open(new SearchOptions { Delay = TimeSpan.Zero, Attempts = 2, Retry = TimeSpan.FromTicks(1) }, store);
        await AppendAsync("Subject: one\n\nalpha\n");
        await AppendAsync("Subject: two\n\nalpha unreadable\n");
        var contents = await ContentsAsync();
        store.Unreadable = contents[1];
        (await host.IndexDueAsync(CancellationToken.None)).ShouldBe(1);
        (await ScalarAsync("SELECT count(*) FROM search_queue WHERE attempts = 2 AND not_before = 'infinity' AND last_error IS NOT NULL")).ShouldBe(1);
        var answer = await host.Index.FindAsync(_account.Id, contents, [new TextQuestion(TextField.Body, "ALPHA")], CancellationToken.None);
        answer.Unindexed.ToArray().ShouldBe([contents[1]]);
        answer.Answers[0].Matches.ToArray().ShouldBe([contents[0]]);
    }

    [Fact]
    public async Task A_message_with_too_many_words_is_left_out()
    {
        await using var host = Open(new SearchOptions { Delay = TimeSpan.Zero, MaxWords = Configuration.ByteSize.KiB(64) });
        await AppendAsync("Subject: huge\n\n" + string.Join(' ', Enumerable.Range(0, 20_000)) + "\n");
        await AppendAsync("Subject: small\n\n12345\n");
        (await host.IndexDueAsync(CancellationToken.None)).ShouldBe(1);
        var contents = await ContentsAsync();
        var answer = await host.Index.FindAsync(_account.Id, contents, [new TextQuestion(TextField.Body, "12345")], CancellationToken.None);
        answer.Unindexed.ToArray().ShouldBe([contents[0]]);
        answer.Answers[0].Matches.ToArray().ShouldBe([contents[1]]);
    }

    [Fact]
    public async Task The_worker_indexes_by_itself()
    {
        await using var host = Open(new SearchOptions { Delay = TimeSpan.Zero, Interval = TimeSpan.FromMilliseconds(10) });
        host.Start();
        await AppendAsync("Subject: one\n\nalpha\n");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await ScalarAsync("SELECT count(*) FROM search_segments") == 0)
            await Task.Delay(10, limit.Token);
        (await ScalarAsync("SELECT count(*) FROM search_queue")).ShouldBe(0);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(0, false)]
    public async Task Segments_of_an_older_format_are_made_anew(short format, bool areReadMeanwhile)
    {
        await using (var before = Open(new SearchOptions { Delay = TimeSpan.Zero, Batch = 2 }))
        {
            for (var i = 0; i < 5; i++)
                await AppendAsync($"Subject: number {i}\n\nalpha {(i < 3 ? "beta" : "the beta")}\n");
            await before.IndexDueAsync(CancellationToken.None);
        }

        await RunAsync($"UPDATE search_segments SET format = {format}");
        await RunAsync("DELETE FROM search_fields WHERE field IN (6, 7)");
        await RunAsync("UPDATE content_text SET text = '\\x00' WHERE content_id = (SELECT min(content_id) FROM content_text)");
        await AppendAsync("Subject: new\n\nalpha beta\n");
        var contents = await ContentsAsync();
        TextQuestion[] questions = [new(TextField.Body, "BETA"), new(TextField.Subject, "NUMBER")];

        // One step after the other, as the worker does it: each answer is right, with segments that are old, new, or there twice
        await using var host = Open(new SearchOptions { Delay = TimeSpan.Zero, Batch = 2 });
        var indexer = new Indexer(_node.Database, _bodies.Messages, new SearchOptions { Delay = TimeSpan.Zero, Batch = 2 }, TimeProvider.System);
        var steps = 0;
        var unindexed = areReadMeanwhile ? 1 : 6;
        IndexedBatch batch;
        do
        {
            var answer = await host.Index.FindAsync(_account.Id, contents, questions, CancellationToken.None);
            answer.Unindexed.Length.ShouldBeLessThanOrEqualTo(unindexed);
            unindexed = answer.Unindexed.Length;
            answer.Answers[0].Matches.Length.ShouldBe(6 - unindexed);
            answer.Answers[1].Matches.ToArray().ShouldBe([.. contents[..5].Except(answer.Unindexed.ToArray())]);
            batch = await indexer.IndexAsync(CancellationToken.None);
            if (++steps == 1)
                (await ScalarAsync($"SELECT count(*) FROM search_queue")).ShouldBe(0, "new mail comes first");
        }
        while (batch.Taken > 0 || batch.HasMore);
        unindexed.ShouldBe(0);
        (await ScalarAsync("SELECT count(*) FROM search_segments WHERE format <> 2 OR renewing")).ShouldBe(0);
        (await ScalarAsync("SELECT count(*) FROM search_fields")).ShouldBe(8 * await ScalarAsync("SELECT count(*) FROM search_segments"));
        (await ScalarAsync("SELECT sum(documents) FROM search_segments")).ShouldBe(6);
        (await ScalarAsync("SELECT count(*) FROM search_queue")).ShouldBe(0);
        (await ScalarAsync("SELECT count(*) FROM content_text WHERE text = '\\x00'")).ShouldBe(0);
        var after = await host.Index.FindAsync(_account.Id, contents, [new(TextField.Body, "ALPHA BETA")], CancellationToken.None);
        after.Answers[0].Matches.ToArray().ShouldBe([contents[0], contents[1], contents[2], contents[5]]);
    }

    [Fact]
    public async Task What_is_marked_is_made_anew_step_by_step_and_answers_meanwhile()
    {
        var options = new SearchOptions { Delay = TimeSpan.Zero, Batch = 2 };
        await using var host = Open(options);
        for (var i = 0; i < 5; i++)
            await AppendAsync($"Subject: number {i}\n\nalpha {i}\n");
        await host.IndexDueAsync(CancellationToken.None);
        var contents = await ContentsAsync();

        // One kept text is damaged, one message is in no segment any more and one was given up
        await RunAsync("UPDATE content_text SET text = '\\x00' WHERE content_id = (SELECT min(content_id) FROM content_text)");
        await RunAsync("DELETE FROM search_fields WHERE segment_id = (SELECT max(id) FROM search_segments)");
        await RunAsync("DELETE FROM search_segments WHERE id = (SELECT max(id) FROM search_segments)");
        await AppendAsync("Subject: number 5\n\nalpha 5\n");
        await RunAsync("UPDATE search_queue SET not_before = 'infinity', attempts = 9, last_error = 'x'");
        contents = await ContentsAsync();
        var administration = new SearchAdministration(_node.Database);
        var before = await administration.StatusAsync(_account.Id, CancellationToken.None);
        (before.Messages, before.Waiting, before.LeftOut, before.OldSegments).ShouldBe((6, 0, 1, 0));
        before.Segments.ShouldBeGreaterThan(1);
        var marked = await administration.ReindexAsync(_account.Id, null, CancellationToken.None);
        marked.ShouldBe(new SearchReindex((int)before.Segments, 2));
        (await administration.StatusAsync(null, CancellationToken.None)).OldSegments.ShouldBe(before.Segments);
        (await administration.StatusAsync(new AccountId(-1), CancellationToken.None)).ShouldBe(new SearchStatus(0, 0, 0, TimeSpan.Zero, 0, 0, 0, 0, SegmentFormat.Current, null));

        var indexer = new Indexer(_node.Database, _bodies.Messages, options, TimeProvider.System);
        IndexedBatch batch;
        do
        {
            var answer = await host.Index.FindAsync(_account.Id, contents, [new TextQuestion(TextField.Subject, "NUMBER")], CancellationToken.None);
            answer.Answers[0].Matches.Length.ShouldBe(6 - answer.Unindexed.Length);
            answer.Unindexed.Length.ShouldBeLessThanOrEqualTo(2);
            batch = await indexer.IndexAsync(CancellationToken.None);
        }
        while (batch.Taken > 0 || batch.HasMore);
        var after = await administration.StatusAsync(_account.Id, CancellationToken.None);
        (after.Messages, after.Indexed, after.Waiting, after.LeftOut, after.OldSegments, after.OldestFormat).ShouldBe((6, 6, 0, 0, 0, SegmentFormat.Current));
        after.TextBytes.ShouldBe(await ScalarAsync("SELECT sum(octet_length(text))::bigint FROM content_text"));
        after.IndexBytes.ShouldBe(await ScalarAsync("SELECT sum(size)::bigint FROM search_segments"));
        (await ScalarAsync("SELECT count(*) FROM content_text WHERE text = '\\x00'")).ShouldBe(0);
        (await ScalarAsync("SELECT sum(documents) FROM search_segments")).ShouldBe(6);
        (await host.Index.FindAsync(_account.Id, contents, [new TextQuestion(TextField.Body, "ALPHA")], CancellationToken.None)).Answers[0].Matches.Length.ShouldBe(6);
    }

    [Fact]
    public async Task Only_what_has_messages_of_the_mailbox_is_marked()
    {
        await using var host = Open(new SearchOptions { Delay = TimeSpan.Zero, Batch = 2 });
        await AppendAsync("Subject: one\n\nalpha\n");
        await host.IndexDueAsync(CancellationToken.None);
        var inbox = await MailstoreNode.IdAsync(_account, "INBOX");
        var trash = await MailstoreNode.IdAsync(_account, "Trash");
        var administration = new SearchAdministration(_node.Database);
        (await administration.ReindexAsync(_account.Id, trash, CancellationToken.None)).ShouldBe(new SearchReindex(0, 0));
        (await administration.ReindexAsync(_account.Id, inbox, CancellationToken.None)).ShouldBe(new SearchReindex(1, 0));
    }

    [Fact]
    public async Task The_worker_finds_what_is_marked_while_it_runs()
    {
        await using var host = Open(new SearchOptions { Delay = TimeSpan.Zero, Interval = TimeSpan.FromMilliseconds(10) });
        await AppendAsync("Subject: one\n\nalpha\n");
        host.Start();
        await Eventually.WaitAsync(async () => await ScalarAsync("SELECT count(*) FROM search_segments") == 1);
        var first = await ScalarAsync("SELECT id FROM search_segments");
        await new SearchAdministration(_node.Database).ReindexAsync(_account.Id, null, CancellationToken.None);
        await Eventually.WaitAsync(async () => await ScalarAsync($"SELECT count(*) FROM search_segments WHERE id > {first} AND NOT stale") == 1
            && await ScalarAsync("SELECT count(*) FROM search_segments") == 1);
    }

    [Fact]
    public async Task A_space_is_found_in_a_segment_whose_postings_are_long()
    {
        await using var host = Open();
        await AppendAsync("Subject: many\n\n" + string.Join('\n', Enumerable.Range(100_000, SearchStore.ShortPostings + 1)) + "\n");
        await AppendAsync("Subject: one\n\nalpha");
        (await host.IndexDueAsync(CancellationToken.None)).ShouldBe(2);
        (await ScalarAsync("SELECT max(octet_length(postings))::bigint FROM search_fields")).ShouldBeGreaterThan(SearchStore.ShortPostings);
        var contents = await ContentsAsync();
        var answer = await host.Index.FindAsync(
            _account.Id,
            contents,
            [new TextQuestion(TextField.Body, " "), new TextQuestion(TextField.Body, "7 100008"), new TextQuestion(TextField.Body, "7 100009")],
            CancellationToken.None);
        answer.Answers[0].Matches.ToArray().ShouldBe([contents[0]]);
        answer.Answers[1].Matches.ToArray().ShouldBe([contents[0]]);
        (answer.Answers[2].Matches.Length + answer.Answers[2].Candidates.Length).ShouldBe(0);
    }

    [Fact]
    public async Task The_worker_makes_old_segments_anew()
    {
        await using (var before = Open())
        {
            await AppendAsync("Subject: one\n\nalpha\n");
            await before.IndexDueAsync(CancellationToken.None);
        }

        await RunAsync("UPDATE search_segments SET format = 1");
        await RunAsync("DELETE FROM search_fields WHERE field IN (6, 7)");
        await using var host = Open(new SearchOptions { Delay = TimeSpan.Zero, Interval = TimeSpan.FromMilliseconds(10) });
        host.Start();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await ScalarAsync("SELECT count(*) FROM search_segments WHERE format = 1") > 0)
            await Task.Delay(10, limit.Token);
        (await ScalarAsync("SELECT count(*) FROM search_segments WHERE format = 2 AND documents = 1")).ShouldBe(1);
    }

    [Fact]
    public async Task Nothing_of_deleted_contents_stays_in_queue_and_texts()
    {
        await using var host = Open();
        await AppendAsync("Subject: one\n\nalpha\n");
        await host.IndexDueAsync(CancellationToken.None);
        await AppendAsync("Subject: two\n\nbeta\n");
        await using (var connection = await _node.Database.Write.OpenConnectionAsync())
            await SearchStore.ForgetAsync(connection, [.. (await ContentsAsync()).Select(content => content.Value)], CancellationToken.None);
        (await ScalarAsync("SELECT count(*) FROM search_queue")).ShouldBe(0);
        (await ScalarAsync("SELECT count(*) FROM content_text")).ShouldBe(0);
    }

    [Fact]
    public async Task Texts_go_when_they_are_old()
    {
        await using var host = Open();
        await AppendAsync("Subject: one\n\nalpha\n");
        await host.IndexDueAsync(CancellationToken.None);
        var store = new SearchStore(_node.Database);
        (await store.TrimTextsAsync(TimeSpan.FromDays(1), 10, CancellationToken.None)).ShouldBe(0);
        (await store.TrimTextsAsync(TimeSpan.Zero, 10, CancellationToken.None)).ShouldBe(1);
        var contents = await ContentsAsync();
        var answer = await host.Index.FindAsync(
            _account.Id, contents, [new TextQuestion(TextField.Body, "ALPHA"), new TextQuestion(TextField.Body, "ALPHA\n")], CancellationToken.None);
        answer.Answers[0].Matches.ToArray().ShouldBe(contents);
        answer.Answers[1].Candidates.ToArray().ShouldBe(contents);
    }

    private SearchHost Open(SearchOptions? options = null, IMessageStore? store = null) => new(
        _node.Database, store ?? _bodies.Messages, options ?? new SearchOptions { Delay = TimeSpan.Zero }, _node.Metrics, TimeProvider.System, NullLoggerFactory.Instance);

    private async Task AppendAsync(string message)
    {
        var bytes = Encoding.UTF8.GetBytes(message.ReplaceLineEndings("\r\n"));
        await using var intake = _bodies.Intakes.Begin(long.MaxValue, bytes.Length);
        await intake.WriteAsync(bytes, CancellationToken.None);
        await using var content = (await intake.CompleteAsync(CancellationToken.None)).Value;
        var append = new AppendMessage(content, default, FlagSet.Empty, DateTimeOffset.UnixEpoch);
        var result = await (await _node.InboxAsync(_account)).AppendAsync(new AppendRequest(OperationId.New(), [append]), CancellationToken.None);
        result.IsOk.ShouldBeTrue();
    }

    private async Task<ContentId[]> ContentsAsync()
    {
        await using var command = _node.Database.Write.CreateCommand("SELECT array_agg(content_id ORDER BY content_id) FROM messages");
        return Array.ConvertAll((long[])(await command.ExecuteScalarAsync())!, static id => new ContentId(id));
    }

    private async Task<long> ScalarAsync(string sql)
    {
        await using var command = _node.Database.Write.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task RunAsync(string sql)
    {
        await using var command = _node.Database.Write.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private sealed class UnreadableStore(IMessageStore store) : IMessageStore
    {
        public ContentId Unreadable { get; set; }

        public ValueTask<IReadOnlyList<MessageContent?>> ReadAsync(ReadOnlyMemory<ContentId> ids, ContentParts parts, CancellationToken cancellationToken) =>
            store.ReadAsync(ids, parts, cancellationToken);

        public ValueTask<IReadOnlyDictionary<ContentId, ContentId>> EmailIdsAsync(AccountId account, CancellationToken cancellationToken) =>
            store.EmailIdsAsync(account, cancellationToken);

        public ValueTask<IMessageBody> OpenAsync(MessageContent content, CancellationToken cancellationToken) => content.Id == Unreadable
            ? throw new BodyUnavailableException("broken by the test", temporary: true)
            : store.OpenAsync(content, cancellationToken);
    }
}
