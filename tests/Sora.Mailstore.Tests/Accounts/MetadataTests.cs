using System.Collections.Concurrent;
using Sora.Contracts;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Accounts;

public sealed class MetadataTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private MailstoreNode _node = null!;
    private IAccount _account = null!;
    private MailboxId _inbox;

    public async Task InitializeAsync()
    {
        _node = await MailstoreNode.StartAsync();
        _account = await _node.CreateAccountAsync();
        _inbox = await MailstoreNode.IdAsync(_account, "INBOX");
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Private_annotations_are_seen_by_their_user_only()
    {
        var other = await _node.CreateAccountAsync("other@example.com");
        await WriteAsync(_account, ("/private/comment", "mine"), ("/shared/comment", "ours"));
        await WriteAsync(other, ("/private/comment", "theirs"));
        (await ReadAsync(_account)).ShouldBe(["/private/comment=mine", "/shared/comment=ours"]);
        (await ReadAsync(other)).ShouldBe(["/private/comment=theirs", "/shared/comment=ours"]);
    }

    [Fact]
    public async Task Two_who_set_at_once_do_not_go_over_the_limit_together()
    {
        var written = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => WriteAsync(_account, ($"/private/e{i}", "x"))));
        written.Count(static result => result.Value.Outcome == MetadataOutcome.Done).ShouldBe(10);
        (await ReadAsync(_account)).Count.ShouldBe(10);
    }

    [Fact]
    public async Task All_values_of_an_account_together_have_a_limit()
    {
        var large = new string('x', 32 * 1024);
        var outcomes = new List<MetadataOutcome>();
        for (var i = 0; i < 13; i++)
        {
            var created = await _account.CreateAsync(MailboxName.Parse($"m{i}").Value, SpecialUse.None, None);
            var entries = Enumerable.Range(0, 10).Select(n => new MetadataEntry($"/shared/e{n}", System.Text.Encoding.ASCII.GetBytes(large))).ToList();
            outcomes.Add((await _node.Metadata.WriteAsync(new MetadataWrite(_account.Id, created.Value.Id, entries, OperationId.None), None)).Value.Outcome);
        }

        outcomes.ShouldBe([.. Enumerable.Repeat(MetadataOutcome.Done, 12), MetadataOutcome.TooMany]);
    }

    [Fact]
    public async Task Other_processes_hear_of_a_change()
    {
        await using var other = await MailstoreNode.StartAsync(_node.Address);
        var heard = new Listener();
        using (other.Metadata.Subscribe(heard))
        {
            await WriteAsync(_account, ("/private/a b:c", "1"), ("/shared/comment", "2"));
            await Eventually.WaitAsync(() => heard.Changes.Count == 2);
        }

        heard.Changes.ShouldAllBe(change => change.Mailbox == _inbox && change.User == _account.Id && change.Operation.IsNone);
        heard.Changes.SelectMany(static change => change.Entries).Order(StringComparer.Ordinal).ShouldBe(["/private/a b:c", "/shared/comment"]);
    }

    [Fact]
    public async Task What_breaks_a_limit_leaves_the_mod_sequence_as_it_was()
    {
        await WriteAsync(_account, [.. Enumerable.Range(0, 10).Select(i => ($"/private/e{i}", "x"))]);
        (await WriteAsync(_account, ("/private/e10", "x"))).Value.Outcome.ShouldBe(MetadataOutcome.TooMany);
        (await HighestModSeqAsync(_node)).ShouldBe(1);
    }

    [Fact]
    public async Task An_annotation_is_durable_with_the_mailboxs_new_mod_sequence_or_not_at_all()
    {
        await ExecuteAsync(
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON mailbox_log FOR EACH ROW EXECUTE FUNCTION refuse();
            """);
        (await WriteAsync(_account, ("/shared/comment", "x"))).Error!.Code.ShouldBe(MailErrorCode.Unavailable);
        var use = new MetadataWrite(_account.Id, await MailstoreNode.IdAsync(_account, "Archive"), [], OperationId.New(), SpecialUse.None);
        (await _node.Metadata.WriteAsync(use, None)).Error!.Code.ShouldBe(MailErrorCode.Unavailable);
        (await ReadAsync(_account)).ShouldBeEmpty();
        (await UsesAsync()).ShouldContain(SpecialUse.Archive);

        await ExecuteAsync("DROP TRIGGER refuse ON mailbox_log");
        (await WriteAsync(_account, ("/shared/comment", "x"))).IsOk.ShouldBeTrue();
        (await HighestModSeqAsync(_node)).ShouldBe(1);
        (await _node.Metadata.WriteAsync(use, None)).IsOk.ShouldBeTrue();
        (await UsesAsync()).ShouldNotContain(SpecialUse.Archive);
    }

    [Fact]
    public async Task Processes_that_annotate_one_mailbox_at_once_take_different_mod_sequences()
    {
        await using var other = await MailstoreNode.StartAsync(_node.Address);
        MailstoreNode[] nodes = [_node, other];
        var written = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => nodes[i % 2].Metadata.WriteAsync(
            new MetadataWrite(_account.Id, _inbox, [new MetadataEntry("/shared/comment", [(byte)i])], OperationId.New(), i % 4 == 0 ? SpecialUse.Flagged : null), None)));
        written.ShouldAllBe(static result => result.IsOk && result.Value.Outcome == MetadataOutcome.Done);
        await Eventually.WaitAsync(async () => await HighestModSeqAsync(_node) == 20 && await HighestModSeqAsync(other) == 20);
    }

    [Fact]
    public async Task A_mailbox_that_is_gone_takes_none()
    {
        var archive = await MailstoreNode.IdAsync(_account, "Archive");
        await _account.DeleteAsync(MailboxName.Parse("Archive").Value, None);
        var written = await _node.Metadata.WriteAsync(new MetadataWrite(_account.Id, archive, [new MetadataEntry("/shared/a", [1])], OperationId.None), None);
        written.Error!.Code.ShouldBe(MailErrorCode.NonExistent);
    }

    private Task<MailResult<MetadataWritten>> WriteAsync(IAccount user, params (string Name, string Value)[] entries) =>
        _node.Metadata.WriteAsync(
            new MetadataWrite(
                user.Id,
                _inbox,
                [.. entries.Select(static entry => new MetadataEntry(entry.Name, System.Text.Encoding.ASCII.GetBytes(entry.Value)))],
                OperationId.New()),
            None);

    private async Task<List<string>> ReadAsync(IAccount user)
    {
        var query = new MetadataQuery(user.Id, [_inbox], ["/private", "/shared"], MetadataDepth.Infinity, long.MaxValue);
        return [.. (await _node.Metadata.ReadAsync(query, None)).Value.Select(found => $"{found.Name}={System.Text.Encoding.ASCII.GetString(found.Value!)}")];
    }

    private async Task<long> HighestModSeqAsync(MailstoreNode node) =>
        (await node.Mailboxes.Get(_inbox).OpenAsync(default, None)).Value.Index!.HighestModSeq.Value;

    private async Task<SpecialUse[]> UsesAsync() => [.. (await _account.ListAsync(None)).Mailboxes.Select(static mailbox => mailbox.SpecialUse)];

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _node.Database.Write.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private sealed class Listener : IMetadataSubscriber
    {
        public ConcurrentQueue<MetadataChange> Changes { get; } = new();

        public void MetadataChanged(MetadataChange change) => Changes.Enqueue(change);
    }
}
