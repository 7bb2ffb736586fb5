using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore.Retention;
using Sora.Mailstore.Tests.Mailboxes;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Retention;

public sealed class MailboxPurgeTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    // Tables that have nothing of an account or a mailbox in them, or keep it on purpose: each table is either here or is empty of what was purged
    private static readonly string[] Others =
    [
        "audit_log", "domain_quotas", "login_limits", "login_known", "secrets", "tls_certificates", "acme_accounts", "acme_challenges", "acme_renewals", "nodes", "session_requests",
        "session_answers", "relay_chunks", "relay_recipients", "search_fields", "packs", "bodies",
    ];

    [Fact]
    public async Task A_deleted_mailbox_goes_with_all_it_had_and_others_stay()
    {
        await using var node = await MailstoreNode.StartAsync();
        var account = await node.CreateAccountAsync();
        var name = MailboxName.Parse("Gone").Value;
        var gone = (await account.CreateAsync(name, SpecialUse.None, None)).Value.Id;
        var inbox = await node.InboxAsync(account);
        await MailboxTests.AppendAsync(node.Mailboxes.Get(gone), 7);
        (await node.Mailboxes.Get(gone).CopyAsync(new CopyRequest(OperationId.New(), UidSet.Of(3), await MailstoreNode.IdAsync(account, "INBOX"), Move: false), None)).IsOk.ShouldBeTrue();
        (await account.DeleteAsync(name, None)).IsOk.ShouldBeTrue();

        await Purge(node, TimeSpan.FromDays(1)).RunAsync(None);
        (await PurgeTests.CountAsync(node.Database, $"messages WHERE mailbox_id = {gone.Value}")).ShouldBe(7);
        await Purge(node, TimeSpan.Zero).RunAsync(None);
        await ShouldBeGoneAsync(node, "mailbox_id", gone.Value);
        (await PurgeTests.CountAsync(node.Database, $"mailboxes WHERE id = {gone.Value}")).ShouldBe(0);
        (await PurgeTests.CountAsync(node.Database, "contents")).ShouldBe(1);
        (await MailboxTests.IndexAsync(inbox)).Count.ShouldBe(1);
        (await node.Mailboxes.Get(gone).OpenAsync(default, None)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
    }

    [Fact]
    public async Task A_mailbox_whose_log_has_no_end_gets_it_first()
    {
        await using var node = await MailstoreNode.StartAsync();
        var account = await node.CreateAccountAsync();
        var id = await MailstoreNode.IdAsync(account, "Archive");
        await MailboxTests.AppendAsync(node.Mailboxes.Get(id), 2);
        await PurgeTests.ExecuteAsync(node.Database, $"UPDATE mailboxes SET deleted_at = now() WHERE id = {id.Value}"); // the server died before it ended the log
        await Purge(node, TimeSpan.Zero).RunAsync(None);
        (await node.Mailboxes.Get(id).AppendAsync(new AppendRequest(OperationId.None, [TestMessage.Append()]), None)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
        (await PurgeTests.CountAsync(node.Database, $"messages WHERE mailbox_id = {id.Value}")).ShouldBe(2);
        await Purge(node, TimeSpan.Zero).RunAsync(None);
        await ShouldBeGoneAsync(node, "mailbox_id", id.Value);
    }

    [Fact]
    public async Task A_deleted_account_goes_with_all_it_had_and_its_address_is_free()
    {
        await using var node = await MailstoreNode.StartAsync();
        var account = await node.CreateAccountAsync();
        var other = await node.CreateAccountAsync("other@example.com");
        foreach (var owner in new[] { account, other })
        {
            await MailboxTests.AppendAsync(await node.InboxAsync(owner), 5);
            await PurgeTests.ExpungeAsync(await node.InboxAsync(owner), 2);
        }

        var id = account.Id.Value;
        var inbox = (await MailstoreNode.IdAsync(account, "INBOX")).Value;
        var others = (await MailstoreNode.IdAsync(other, "INBOX")).Value;
        await PurgeTests.ExecuteAsync(
            node.Database,
            $"""
            INSERT INTO bodies (account_id, hash, state) SELECT DISTINCT account_id, hash, 1 FROM contents;
            INSERT INTO bodies (account_id, hash, state) VALUES ({id}, 'left over', 1);
            INSERT INTO line_ends SELECT id, account_id, 1 FROM contents;
            INSERT INTO email_ids SELECT id, account_id, id FROM contents;
            INSERT INTO content_text (content_id, text) SELECT id, '' FROM contents;
            INSERT INTO search_segments (id, account_id, level, documents, size, contents) VALUES (1, {id}, 0, 1, 1, ''), (2, {other.Id.Value}, 0, 1, 1, '');
            INSERT INTO search_fields (segment_id, field, words, postings) VALUES (1, 0, '', ''), (2, 0, '', '');
            INSERT INTO acl VALUES ({others}, {id}, 'example.com', 1, 0), ({inbox}, {other.Id.Value}, 'example.com', 1, 0);
            INSERT INTO deleted_acl VALUES ({others}, {id}, 'example.com', 1, 0);
            INSERT INTO restored_messages VALUES ({inbox}, 2);
            INSERT INTO annotations VALUES ({others}, {id}, true, '/comment', '/comment', 'x'), (NULL, {id}, true, '/comment', '/comment', 'x');
            INSERT INTO account_quotas VALUES ({id}, 1, 1, 1);
            INSERT INTO sieve_scripts (account_id, name, content, hash) VALUES ({id}, 'x', '', '');
            INSERT INTO sieve_log (account_id, at, script, line, message_id, text) VALUES ({id}, now(), 'x', 1, '', '');
            INSERT INTO vacation_responses (account_id, handle, sender, expires_at) VALUES ({id}, '', '', now());
            INSERT INTO sieve_duplicates (account_id, handle, id, expires_at) VALUES ({id}, '', '', now());
            INSERT INTO sieve_lists (account_id, name, members) VALUES ({id}, 'x', ARRAY[]::text[]);
            INSERT INTO relay_messages (account_id, kind, sender) VALUES ({id}, 0, '');
            INSERT INTO relay_operations (account_id, operation_id) VALUES ({id}, 'x');
            INSERT INTO maildrops (account_id, holder, expires_at, opened_at) VALUES ({id}, 1, now(), now());
            """);
        (await node.Administration.DeleteAsync("user@example.com", None)).IsOk.ShouldBeTrue();
        await Purge(node, TimeSpan.FromDays(1)).RunAsync(None);
        (await node.Administration.CreateAsync("user@example.com", "secret", None)).IsOk.ShouldBeFalse();

        // Once to end the logs, once to purge
        await Purge(node, TimeSpan.Zero, batch: 2).RunAsync(None);
        (await node.Administration.RestoreAsync("user@example.com", None)).Error!.Text.ShouldContain("for good");
        await Purge(node, TimeSpan.Zero, batch: 2).RunAsync(None);

        await ShouldBeGoneAsync(node, "account_id", id);
        await ShouldBeGoneAsync(node, "grantee_id", id);
        await ShouldBeGoneAsync(node, "mailbox_id", inbox);
        (await PurgeTests.CountAsync(node.Database, $"accounts WHERE id = {id}")).ShouldBe(0);
        (await PurgeTests.CountAsync(node.Database, $"staged_bodies WHERE {id} = ANY (accounts)")).ShouldBe(0);
        (await PurgeTests.CountAsync(node.Database, $"bodies WHERE account_id = {id} AND dead_since IS NULL")).ShouldBe(0);
        (await PurgeTests.CountAsync(node.Database, $"bodies WHERE account_id = {other.Id.Value} AND dead_since IS NULL")).ShouldBe(
            await PurgeTests.CountAsync(node.Database, $"bodies WHERE account_id = {other.Id.Value}"));
        (await PurgeTests.CountAsync(node.Database, "search_fields")).ShouldBe(1);
        (await MailboxTests.IndexAsync(await node.InboxAsync(other))).Count.ShouldBe(4);
        (await node.Administration.CreateAsync("user@example.com", "secret", None)).IsOk.ShouldBeTrue();
    }

    // Of whatever tables there are: a new one that is forgotten is found by this
    private static async Task ShouldBeGoneAsync(MailstoreNode node, string column, long value)
    {
        var tables = new List<string>();
        await using (var command = node.Database.Write.CreateCommand(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = $1 AND data_type = 'bigint' ORDER BY table_name"))
        {
            command.Parameters.Add(new Npgsql.NpgsqlParameter<string> { TypedValue = column });
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                tables.Add(reader.GetString(0));
        }

        tables.Count.ShouldBeGreaterThan(1);
        foreach (var table in tables.Except(Others))
            (await PurgeTests.CountAsync(node.Database, $"{table} WHERE {column} = {value}")).ShouldBe(0, $"{table}.{column}");
    }

    private static MailboxPurge Purge(MailstoreNode node, TimeSpan age, int batch = 1000)
    {
        var options = new RetentionOptions { DeletedMailboxes = age, DeletedAccounts = age, Batch = batch, BatchPause = TimeSpan.Zero };
        return new MailboxPurge(
            node.Database, node.Mailboxes, options, node.Accounts.Announce, new BatchPace(options, TimeProvider.System), new RetentionMetrics(node.Metrics), NullLogger.Instance);
    }
}
