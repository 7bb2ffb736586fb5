using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Bodies.Objects.S3;
using Sora.Mailstore.Retention;
using Sora.Mailstore.Storage;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Retention;

public sealed class SweepTests : IAsyncLifetime, IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TempFolder _folder = new();
    private readonly MailstoreMetrics _metrics = new();
    private Database _database = null!;
    private SweptStore _objects = null!;

    public async Task InitializeAsync()
    {
        _database = await PostgresFixture.CreateDatabaseAsync();
        _objects = new SweptStore(_folder.Path);
    }

    public async Task DisposeAsync() => await _database.DisposeAsync();

    public void Dispose()
    {
        _metrics.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Objects_of_dead_bodies_go_after_the_grace_and_living_ones_stay()
    {
        var dead = await PutAsync(1, "dead", "dead_since = now() - interval '2 hours'");
        var fresh = await PutAsync(1, "fresh", "dead_since = now() - interval '1 minute'");
        var alive = await PutAsync(1, "alive", "dead_since = NULL", withContent: true);
        (await Sweep(TimeSpan.FromHours(1)).RunAsync(None)).ShouldBe(new SweptObjects(1, 0, 0));
        (await HasAsync(dead)).ShouldBeFalse();
        (await HasAsync(fresh)).ShouldBeTrue();
        (await HasAsync(alive)).ShouldBeTrue();
        (await PurgeTests.CountAsync(_database, "bodies")).ShouldBe(2);
    }

    [Fact]
    public async Task What_is_needed_after_all_lives_again()
    {
        var content = await PutAsync(1, "content", "dead_since = now() - interval '2 hours'", withContent: true);
        var staged = await PutAsync(2, "staged", "dead_since = now() - interval '2 hours'");
        await PurgeTests.ExecuteAsync(_database, $"INSERT INTO staged_bodies (hash, accounts, size, body) VALUES ('\\x{staged.Hash}', '{{2}}', 1, '')");
        var incoming = await PutAsync(0, "incoming", "dead_since = now() - interval '4 hours'");
        await PurgeTests.ExecuteAsync(_database, $"INSERT INTO staged_bodies (hash, accounts, size, object) VALUES ('\\x{incoming.Hash}', '{{3}}', 1, true)");
        var elsewhere = await PutAsync(3, "staged", "dead_since = now() - interval '2 hours'");
        (await Sweep(TimeSpan.FromHours(1)).RunAsync(None)).ShouldBe(new SweptObjects(1, 0, 0));
        foreach (var key in new[] { content, staged, incoming })
            (await HasAsync(key)).ShouldBeTrue();
        (await HasAsync(elsewhere)).ShouldBeFalse();
        (await PurgeTests.CountAsync(_database, "bodies WHERE dead_since IS NULL")).ShouldBe(2);
        (await PurgeTests.CountAsync(_database, "bodies WHERE account_id = 0 AND dead_since > now() - interval '1 hour'")).ShouldBe(1);
    }

    [Fact]
    public async Task A_staged_object_waits_for_its_delivery_and_then_goes()
    {
        var waits = await PutAsync(0, "waits", "dead_since = now() - interval '2 hours'");
        var late = await PutAsync(0, "late", "dead_since = now() - interval '4 hours'");
        (await Sweep(TimeSpan.Zero).RunAsync(None)).Objects.ShouldBe(1);
        (await HasAsync(waits)).ShouldBeTrue();
        (await HasAsync(late)).ShouldBeFalse();
    }

    [Fact]
    public async Task What_nothing_refers_to_is_found_although_nobody_marked_it()
    {
        var pending = await PutAsync(1, "begun", "state = 0, created_at = now() - interval '2 hours'");
        var stored = await PutAsync(1, "stored", "created_at = now() - interval '2 hours'");
        var young = await PutAsync(1, "young", "state = 0");
        var alive = await PutAsync(1, "alive", "created_at = now() - interval '2 hours'", withContent: true);
        (await Sweep(TimeSpan.FromHours(1)).RunAsync(None)).IsNone.ShouldBeTrue();
        (await PurgeTests.CountAsync(_database, "bodies WHERE dead_since IS NOT NULL")).ShouldBe(2);
        await PurgeTests.ExecuteAsync(_database, "UPDATE bodies SET dead_since = dead_since - interval '2 hours' WHERE dead_since IS NOT NULL");
        (await Sweep(TimeSpan.FromHours(1)).RunAsync(None)).Objects.ShouldBe(2);
        foreach (var key in new[] { pending, stored })
            (await HasAsync(key)).ShouldBeFalse();
        foreach (var key in new[] { young, alive })
            (await HasAsync(key)).ShouldBeTrue();
    }

    [Fact]
    public async Task While_the_store_is_down_nothing_is_lost_and_what_was_begun_is_done_later()
    {
        for (var i = 0; i < 5; i++)
            await PutAsync(1, $"dead {i}", "dead_since = now() - interval '2 hours'");
        _objects.IsDown = true;
        var sweep = Sweep(TimeSpan.FromHours(1), batch: 2);
        (await sweep.RunAsync(None)).IsNone.ShouldBeTrue();
        (await PurgeTests.CountAsync(_database, "bodies WHERE state = 2")).ShouldBe(2);
        (await PurgeTests.CountAsync(_database, "bodies")).ShouldBe(5);
        _objects.IsDown = false;

        // What the store was asked may still be on its way: the same ones wait
        (await sweep.RunAsync(None)).Objects.ShouldBe(3);
        (await PurgeTests.CountAsync(_database, "bodies WHERE state = 2")).ShouldBe(2);
        await PurgeTests.ExecuteAsync(_database, "UPDATE bodies SET swept_at = now() - interval '1 day'");
        (await sweep.RunAsync(None)).Objects.ShouldBe(2);
        (await PurgeTests.CountAsync(_database, "bodies")).ShouldBe(0);
        (await _objects.ListAsync("", null, None).CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task One_object_that_cannot_be_deleted_does_not_keep_the_others()
    {
        _objects.Kept = await PutAsync(1, "kept", "dead_since = now() - interval '3 hours'");
        for (var i = 0; i < 5; i++)
            await PutAsync(1, $"dead {i}", "dead_since = now() - interval '2 hours'");
        (await Sweep(TimeSpan.FromHours(1), batch: 2).RunAsync(None)).Objects.ShouldBe(5);
        (await PurgeTests.CountAsync(_database, "bodies WHERE state = 2")).ShouldBe(1);
        (await PurgeTests.CountAsync(_database, "bodies")).ShouldBe(1);
    }

    [Fact]
    public async Task A_body_that_is_claimed_while_it_is_looked_at_is_not_deleted()
    {
        var key = await PutAsync(1, "claimed", "dead_since = now() - interval '2 hours'");
        await using var connection = await _database.Write.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var claim = new Npgsql.NpgsqlCommand("UPDATE bodies SET dead_since = NULL", connection))
            await claim.ExecuteNonQueryAsync();
        (await Sweep(TimeSpan.FromHours(1)).RunAsync(None)).IsNone.ShouldBeTrue(); // it is locked, and passed over
        await transaction.CommitAsync();
        (await Sweep(TimeSpan.FromHours(1)).RunAsync(None)).IsNone.ShouldBeTrue();
        (await HasAsync(key)).ShouldBeTrue();
    }

    [Fact]
    public async Task Bodies_go_from_packs_and_packs_when_nothing_is_left()
    {
        var pack = new ObjectKey(new AccountId(1), ContentHash.From(System.Security.Cryptography.SHA256.HashData("pack"u8)), ObjectKind.Pack);
        _objects.Write(pack, "pack");
        await PurgeTests.ExecuteAsync(
            _database,
            $"""
            INSERT INTO packs (account_id, hash, size, state) VALUES (1, '\x{pack.Hash}', 100, 1);
            INSERT INTO bodies (account_id, hash, state, pack_id, position, length, dead_since)
            SELECT 1, decode(lpad(to_hex(i), 64, '0'), 'hex'), 1, p.id, i * 10, 10, CASE WHEN i < 2 THEN now() - interval '2 hours' END FROM packs p, generate_series(0, 2) AS i;
            INSERT INTO contents (id, account_id, hash, body_size, prefix, envelope, structure) VALUES (1, 1, decode(lpad('2', 64, '0'), 'hex'), 10, '', '', '');
            """);
        (await Sweep(TimeSpan.FromHours(1)).RunAsync(None)).ShouldBe(new SweptObjects(0, 2, 0));
        (await PurgeTests.CountAsync(_database, "packs WHERE dead_size = 20 AND dead_since IS NULL")).ShouldBe(1);
        (await HasAsync(pack)).ShouldBeTrue();
        _objects.Requests.ShouldBe(0);

        await PurgeTests.ExecuteAsync(_database, "DELETE FROM contents; UPDATE bodies SET dead_since = now() - interval '2 hours'");
        (await Sweep(TimeSpan.FromHours(1)).RunAsync(None)).ShouldBe(new SweptObjects(0, 1, 1));
        (await HasAsync(pack)).ShouldBeFalse();
        (await PurgeTests.CountAsync(_database, "packs")).ShouldBe(0);
    }

    [Fact]
    public async Task A_pack_that_another_row_has_too_keeps_its_object_and_one_that_was_never_finished_goes()
    {
        var pack = new ObjectKey(new AccountId(1), ContentHash.From(System.Security.Cryptography.SHA256.HashData("pack"u8)), ObjectKind.Pack);
        _objects.Write(pack, "pack");
        await PurgeTests.ExecuteAsync(
            _database,
            $"""
            INSERT INTO packs (account_id, hash, size, state, created_at) VALUES (1, '\x{pack.Hash}', 100, 0, now() - interval '3 hours'), (1, '\x{pack.Hash}', 100, 1, now());
            INSERT INTO contents (id, account_id, hash, body_size, prefix, envelope, structure) VALUES (1, 1, decode(lpad('2', 64, '0'), 'hex'), 10, '', '', '');
            INSERT INTO bodies (account_id, hash, state, pack_id, position, length) SELECT 1, decode(lpad('2', 64, '0'), 'hex'), 1, id, 0, 10 FROM packs WHERE state = 1;
            """);
        (await Sweep(TimeSpan.FromHours(1)).RunAsync(None)).Packs.ShouldBe(0);
        await PurgeTests.ExecuteAsync(_database, "UPDATE packs SET dead_since = dead_since - interval '2 hours'");
        (await Sweep(TimeSpan.FromHours(1)).RunAsync(None)).Packs.ShouldBe(1);
        (await HasAsync(pack)).ShouldBeTrue();
        (await PurgeTests.CountAsync(_database, "packs")).ShouldBe(1);
    }

    private ObjectSweep Sweep(TimeSpan grace, int batch = 1000)
    {
        var options = new RetentionOptions { ObjectGrace = grace, Batch = batch, BatchPause = TimeSpan.Zero, ObjectsPerSecond = 0 };
        return new ObjectSweep(
            new SweepStore(_database.Write, grace, TimeSpan.FromHours(3)), _objects, options, new BatchPace(options, TimeProvider.System), new RetentionMetrics(_metrics), TimeProvider.System, NullLogger.Instance);
    }

    private async Task<ObjectKey> PutAsync(long account, string text, string set, bool withContent = false)
    {
        var hash = ContentHash.From(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
        var key = new ObjectKey(new AccountId(account), hash, account == 0 ? ObjectKind.Staged : ObjectKind.Body);
        _objects.Write(key, text);
        await PurgeTests.ExecuteAsync(
            _database, $"INSERT INTO bodies (account_id, hash, state) VALUES ({account}, '\\x{hash}', 1); UPDATE bodies SET {set} WHERE account_id = {account} AND hash = '\\x{hash}'");
        if (withContent)
        {
            await PurgeTests.ExecuteAsync(
                _database,
                $"INSERT INTO contents (id, account_id, hash, body_size, prefix, envelope, structure) SELECT coalesce(max(id), 0) + 1, {account}, '\\x{hash}', 1, '', '', '' FROM contents");
        }

        return key;
    }

    private async Task<bool> HasAsync(ObjectKey key) => await _objects.FindAsync(key, None) is not null;

    /// <summary>A store of files that can be down, and counts what it is asked to delete.</summary>
    private sealed class SweptStore(string folder) : IObjectStore
    {
        private readonly FilesystemObjectStore _files = new(folder);

        public bool IsDown { get; set; }

        /// <summary>What it does not delete.</summary>
        public ObjectKey? Kept { get; set; }

        public int Requests { get; private set; }

        public void Write(ObjectKey key, string text)
        {
            var path = _files.PathOf(key);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        public string? PathOf(ObjectKey key) => null;

        public Task<IReadOnlyList<Exception?>> PutAsync(IReadOnlyList<ObjectPut> puts, CancellationToken cancellationToken) => _files.PutAsync(puts, cancellationToken);

        public ValueTask<ObjectInfo?> FindAsync(ObjectKey key, CancellationToken cancellationToken) => _files.FindAsync(key, cancellationToken);

        public ValueTask<Stream?> OpenAsync(ObjectKey key, long offset, long? count, CancellationToken cancellationToken) => _files.OpenAsync(key, offset, count, cancellationToken);

        public Task DeleteAsync(IReadOnlyList<ObjectKey> keys, CancellationToken cancellationToken)
        {
            Requests += keys.Count > 0 ? 1 : 0;
            if (IsDown)
                throw new IOException("The store does not answer");
            return Kept is { } kept && keys.Contains(kept) ? DeleteOthersAsync(kept) : _files.DeleteAsync(keys, cancellationToken);

            async Task DeleteOthersAsync(ObjectKey one)
            {
                await _files.DeleteAsync([.. keys.Where(key => key != one)], cancellationToken);
                throw new S3DeleteException(new Dictionary<ObjectKey, string> { [one] = "AccessDenied" });
            }
        }

        public Task<bool> CopyAsync(ObjectKey from, ObjectKey to, CancellationToken cancellationToken) => _files.CopyAsync(from, to, cancellationToken);

        public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, CancellationToken cancellationToken) => _files.ListAsync(prefix, after, cancellationToken);

        public Task DeleteAbandonedAsync(DateTimeOffset before, CancellationToken cancellationToken) => _files.DeleteAbandonedAsync(before, cancellationToken);
    }
}
