using System.Globalization;
using Sora.Contracts;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Mailstore;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Storage.Embedded;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary>The server dies at each place of purging and sweeping, and of bringing back, and the next one finds everything in order.</summary>
public sealed class RetentionCrashTests : IAsyncLifetime
{
    private const string Password = "secret";
    private const string Kept = "kept@example.com";
    private const int Dies = 128 + 9;
    private static readonly string[] Quiet = ["retention.purge_interval=7d", "retention.sweep_interval=7d"];
    private static readonly string[] AtOnce =
    [
        "retention.deleted_messages=0s", "retention.deleted_mailboxes=0s", "retention.deleted_accounts=0s", "retention.object_grace=0s", "retention.sweep_retry=1s",
        "retention.purge_interval=1s", "retention.sweep_interval=1s", "retention.batch=3", "retention.batch_pause=0s", "maintenance.election=1s",
    ];

    private readonly Dictionary<uint, byte[]> _live = [];
    private SoraProcess _sora = null!;
    private int _number;

    public async Task InitializeAsync()
    {
        _sora = await SoraProcess.StartAsync(Quiet);
        await _sora.CreateAccountsAsync(Password, [Kept, .. Enumerable.Range(0, CrashPoints.Retention.Count).Select(Gone)]);
    }

    public async Task DisposeAsync() => await _sora.DisposeAsync();

    [Fact]
    public async Task After_a_crash_anywhere_live_messages_are_whole_and_dead_bodies_go()
    {
        var round = 0;
        foreach (var point in CrashPoints.Retention)
        {
            await PrepareAsync(Gone(round++));
            await _sora.KillAsync();
            await _sora.StartAgainAsync(AtOnce, new Dictionary<string, string> { [CrashPoints.Variable] = point }, mayEnd: true);
            (await _sora.WaitForExitAsync()).ShouldBe(Dies, $"{point}\n{_sora.Output}");
            await _sora.StartAgainAsync(AtOnce, new Dictionary<string, string>(), mayEnd: false);
            await ShouldHoldAsync(point);
            await _sora.KillAsync();
            await _sora.StartAgainAsync();
        }
    }

    [Fact]
    public async Task Restoring_that_is_broken_off_goes_on_and_doubles_nothing()
    {
        using (var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, Kept, Password))
        {
            for (var i = 0; i < 4; i++)
                await imap.AppendAsync("INBOX", TestMail.Make(i));
            await imap.AppendAsync("Sent", TestMail.Make(5));
            await imap.OkAsync("STORE 1:* +FLAGS (\\Deleted)");
            await imap.OkAsync("EXPUNGE");
            await imap.SelectAsync("Sent");
            await imap.OkAsync("STORE 1:* +FLAGS (\\Deleted)");
            await imap.OkAsync("EXPUNGE");
        }

        string[] restore = ["messages", "restore", "--account", Kept, "--all"];
        var died = await _sora.TryAdminAsync(restore, new Dictionary<string, string> { [CrashPoints.Variable] = CrashPoints.RestoreCommitted });
        died.ExitCode.ShouldBe(Dies, died.All);
        await _sora.AdminAsync(restore);
        (await _sora.AdminAsync(restore)).Output.ShouldContain("Nothing");

        // The command that died may have had no time to tell the server of what it had committed
        await _sora.KillAsync();
        await _sora.StartAgainAsync();
        using var again = await ImapClient.OpenInboxAsync(_sora.ImapPort, Kept, Password);
        again.View.Uids.ShouldBe([5u, 6u, 7u, 8u]);
        for (var i = 0; i < 4; i++)
            (await again.FetchAsync((uint)(5 + i), "BODY.PEEK[]")).ShouldBe(TestMail.Make(i));
        await again.SelectAsync("Sent");
        again.View.Uids.ShouldBe([2u]);
    }

    // Something to keep, and something of each kind to be deleted for good
    private async Task PrepareAsync(string gone)
    {
        using (var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, gone, Password))
        {
            for (var i = 0; i < 4; i++)
                await imap.AppendAsync("INBOX", TestMail.Make(++_number));
        }

        await _sora.AdminAsync("accounts", "delete", "--email", gone, "--confirm");
        using (var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, Kept, Password))
        {
            var dead = new List<uint>();
            for (var i = 0; i < 10; i++)
            {
                var message = TestMail.Make(++_number);
                var uid = await imap.AppendAsync("INBOX", message);
                if (i % 5 == 0)
                    _live.Add(uid, message);
                else
                    dead.Add(uid);
            }

            await imap.OkAsync("NOOP");
            await imap.OkAsync($"UID STORE {string.Join(',', dead)} +FLAGS (\\Deleted)");
            await imap.OkAsync("EXPUNGE");
            await imap.OkAsync("CREATE Gone");
            for (var i = 0; i < 4; i++)
                await imap.AppendAsync("Gone", TestMail.Make(++_number));
            await imap.OkAsync("DELETE Gone");
        }

        await using var database = Open();
        await Eventually.WaitAsync(async () => await CountAsync(database, "staged_bodies") == 0);
        await AddPackAsync(database);
    }

    // A pack of one body that is dead already
    private async Task AddPackAsync(Database database)
    {
        var bytes = TestMail.Make(++_number);
        Span<byte> digest = stackalloc byte[ContentHash.Length];
        Blake3Hasher.Hash(bytes, digest);
        var key = new ObjectKey(new AccountId(1), ContentHash.From(digest), ObjectKind.Pack);
        var put = await Objects().PutAsync([new ObjectPut(key, bytes.Length) { Bytes = bytes }], CancellationToken.None);
        put[0].ShouldBeNull();
        await ExecuteAsync(
            database,
            $"""
            WITH pack AS (INSERT INTO packs (account_id, hash, size, state) VALUES (1, '\x{key.Hash}', {bytes.Length}, 1) RETURNING id)
            INSERT INTO bodies (account_id, hash, state, pack_id, position, length, dead_since)
            SELECT 1, '\x{key.Hash}', 1, id, 0, {bytes.Length}, now() - interval '1 day' FROM pack;
            INSERT INTO bodies (account_id, hash, state) SELECT DISTINCT account_id, hash, 1 FROM contents WHERE body_size > 0 ON CONFLICT DO NOTHING;
            """);
    }

    private async Task ShouldHoldAsync(string point)
    {
        await using (var database = Open())
        {
            // The steady state: nothing is left of what is to go
            string[] none =
            [
                "mailbox_log WHERE has_expunges AND NOT purged", "mailboxes WHERE deleted_at IS NOT NULL", "accounts WHERE deleted_at IS NOT NULL", "bodies WHERE dead_since IS NOT NULL",
                "bodies WHERE state = 2", "packs",
            ];
            foreach (var from in none)
                await Eventually.WaitAsync(async () => await CountAsync(database, from) == 0, text: $"{point}: {from}\n{_sora.Output}");
            foreach (var from in new[]
            {
                "messages m WHERE NOT EXISTS (SELECT FROM contents c WHERE c.id = m.content_id)", "contents c WHERE NOT EXISTS (SELECT FROM messages m WHERE m.content_id = c.id)",
                "contents c WHERE body_size > 0 AND NOT EXISTS (SELECT FROM bodies b WHERE b.account_id = c.account_id AND b.hash = c.hash)",
                "bodies b WHERE NOT EXISTS (SELECT FROM contents c WHERE b.account_id = c.account_id AND b.hash = c.hash)",
            })
            {
                (await CountAsync(database, from)).ShouldBe(0, $"{point}: {from}");
            }

            var objects = await Objects().ListAsync("", null, CancellationToken.None).Where(static found => found.Key.Kind != ObjectKind.Owner).Select(static found => found.Key.ToString()).ToListAsync();
            var rows = new List<string>();
            await using (var command = database.Write.CreateCommand("SELECT account_id || '/' || encode(hash, 'hex') FROM bodies"))
            await using (var reader = await command.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                    rows.Add(reader.GetString(0));
            }

            objects.Order(StringComparer.Ordinal).ShouldBe(rows.Order(StringComparer.Ordinal), point);
        }

        using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, Kept, Password);
        imap.View.Uids.Order().ShouldBe(_live.Keys.Order(), point);
        foreach (var (uid, message) in _live)
            (await imap.FetchAsync(uid, "BODY.PEEK[]")).ShouldBe(message, point);
    }

    private static string Gone(int round) => string.Create(CultureInfo.InvariantCulture, $"gone{round}@example.com");

    private Database Open() => PostgresFixture.Open(PostgresAddress.Read(_sora.Data)!);

    private FilesystemObjectStore Objects() => new(Path.Combine(_sora.Data, "bodies"));

    private static async Task<long> CountAsync(Database database, string from)
    {
        await using var command = database.Write.CreateCommand($"SELECT count(*) FROM {from}");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task ExecuteAsync(Database database, string sql)
    {
        await using var command = database.Write.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
