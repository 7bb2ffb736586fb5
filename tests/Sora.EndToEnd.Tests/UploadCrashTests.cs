using Sora.Contracts;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Mailstore;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Storage.Embedded;
using Sora.Testing;
using Sora.Testing.S3;

namespace Sora.EndToEnd.Tests;

/// <summary>
/// The server dies at each step between the arrival of a body and its place in the object store. What was acknowledged is there afterwards, once, and the
/// store has nothing that the database does not know.
/// </summary>
public sealed class UploadCrashTests : IAsyncLifetime
{
    private const string Password = "secret";
    private const string User = "user@example.com";
    private const int Dies = 128 + 9;
    private const int Large = 70_000;
    private static readonly string[] Files = ["storage.upload_interval=50ms", "storage.upload_lease=2s", "storage.database_staging_limit=4KiB", "storage.staged_file_hold=6s", "mailboxes.write_timeout=5s"];
    private static readonly string[] Packs = ["storage.packing=true", "storage.pack_size=64KiB", "storage.pack_max_body=16KiB", "storage.pack_wait=300ms"];
    private static readonly string[] AtOnce =
    [
        "retention.deleted_messages=0s", "retention.object_grace=0s", "retention.sweep_retry=1s", "retention.purge_interval=1s", "retention.sweep_interval=1s",
        "retention.batch_pause=0s", "maintenance.election=1s",
    ];

    private readonly Dictionary<int, byte[]> _taken = [];
    private SoraProcess? _sora;
    private Func<Task<IReadOnlyList<string>>> _objects = null!;
    private int _number;

    [Fact]
    public async Task Into_files()
    {
        await StartAsync(Files);
        await DieAtEachAsync(
            CrashPoints.Staged + ":3", CrashPoints.Committing + ":9", CrashPoints.Committed + ":9", CrashPoints.UploadLeased, CrashPoints.UploadClaimed, CrashPoints.UploadPut + ":2",
            CrashPoints.UploadFinished, CrashPoints.Unstage);
    }

    [Fact]
    public async Task Into_packs()
    {
        await StartAsync([.. Files, .. Packs]);
        await DieAtEachAsync(
            CrashPoints.UploadLeased + ":2", CrashPoints.UploadClaimed + ":2", CrashPoints.PackAdded + ":2", CrashPoints.UploadPut + ":2", CrashPoints.UploadFinished + ":2");
    }

    [Fact]
    public async Task While_packs_are_written_anew()
    {
        await StartAsync([.. Files, .. Packs]);
        foreach (var point in new[] { CrashPoints.CompactRead, CrashPoints.CompactPut })
        {
            var first = _number + 1;
            using (var imap = await ImapClient.OpenInboxAsync(_sora!.ImapPort, User, Password))
            {
                for (var i = 0; i < 20; i++)
                    await AppendAsync(imap, 5000);
            }

            await EmptyAsync("staged_bodies");
            using (var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, User, Password))
            {
                // Three of four, so that something is left in each pack
                var last = imap.View.Uids.Count;
                for (var i = 0; i < 20; i += 4)
                {
                    await imap.OkAsync($"STORE {last - 19 + i}:{last - 17 + i} +FLAGS (\\Deleted)");
                    for (var gone = first + i; gone < first + i + 3; gone++)
                        _taken.Remove(gone);
                }

                await imap.OkAsync("EXPUNGE");
            }

            await _sora.KillAsync();
            await StartAgainAsync(AtOnce, point);
            (await _sora.WaitForExitAsync()).ShouldBe(Dies, $"{point}\n{_sora.Output}");
            await ShouldHoldAsync(point);
        }
    }

    [S3Fact]
    public async Task Into_a_bucket()
    {
        var bucket = await S3Fixture.CreateBucketAsync();
        await StartAsync(
        [
            .. Files, "storage.object_store=s3", $"s3.endpoint={bucket.Endpoint}", $"s3.bucket={bucket.Name}", "s3.region=us-east-1", "s3.addressing=path", "s3.allow_http=true",
            $"s3.access_key={RadosGateway.AccessKey}", $"s3.secret_key={RadosGateway.SecretKey}", "retention.staged_object_grace=1m",
        ]);
        _objects = bucket.KeysAsync;
        await DieAtEachAsync(
            CrashPoints.StagedObjectClaimed + ":3", CrashPoints.StagedObjectPut + ":3", CrashPoints.Committed + ":9", CrashPoints.UploadPut, CrashPoints.UploadFinished);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_sora is not null)
            await _sora.DisposeAsync();
    }

    private async Task StartAsync(string[] settings)
    {
        _sora = await SoraProcess.StartAsync(settings);
        _objects = async () => await new FilesystemObjectStore(Path.Combine(_sora.Data, "bodies"))
            .ListAsync("", null, CancellationToken.None).Select(static found => found.Key.ToString()).ToListAsync();
        await _sora.CreateAccountsAsync(Password, User);
    }

    private async Task DieAtEachAsync(params string[] points)
    {
        foreach (var point in points)
        {
            await DieAsync(point);
            await ShouldHoldAsync(point);
        }
    }

    // Mail comes until the server is dead.
    private async Task DieAsync(string point)
    {
        await _sora!.KillAsync();
        await StartAgainAsync([], point);
        try
        {
            using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, User, Password);
            while (!_sora.HasExited)
                await AppendAsync(imap, _number % 3 == 0 ? Large : 600);
        }
        catch (Exception e) when (_sora.HasExited || e is IOException or EndOfStreamException)
        {
            // the one under way was not acknowledged
        }

        (await _sora.WaitForExitAsync()).ShouldBe(Dies, $"{point}\n{_sora.Output}");
    }

    private async Task StartAgainAsync(string[] more, string? point) => await _sora!.StartAgainAsync(
        more, point is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [CrashPoints.Variable] = point }, mayEnd: point is not null);

    private async Task AppendAsync(ImapClient imap, int size)
    {
        var number = ++_number;
        var message = TestMail.Make(number, size);
        await imap.AppendAsync("INBOX", message);
        _taken.Add(number, message);
    }

    private async Task ShouldHoldAsync(string point)
    {
        // Another process ends what the first began, and clears away at once what nobody needs
        await StartAgainAsync(AtOnce, null);
        await ShouldHaveAllAsync(point);
        await EmptyAsync("staged_bodies");
        await EmptyAsync("bodies WHERE dead_since IS NOT NULL AND account_id <> 0");
        await EmptyAsync("bodies WHERE state <> 1 AND account_id <> 0");
        await EmptyAsync("packs WHERE dead_since IS NOT NULL OR state <> 1 OR dead_size * 2 > size");
        await ShouldHaveAllAsync(point);
        await using var database = Open();
        var rows = await NamesAsync(
            database,
            """
            SELECT CASE WHEN account_id = 0 THEN 'staging/' ELSE account_id || '/' END || encode(hash, 'hex') FROM bodies WHERE pack_id IS NULL AND state = 1
            UNION ALL SELECT account_id || '/packs/' || encode(hash, 'hex') FROM packs
            """);
        var pending = await NamesAsync(database, "SELECT 'staging/' || encode(hash, 'hex') FROM bodies WHERE account_id = 0 AND state = 0");
        var objects = await _objects();
        objects.Count(static name => name.StartsWith(ObjectKey.OwnerPrefix, StringComparison.Ordinal)).ShouldBe(1);
        objects.Where(static name => !name.StartsWith(ObjectKey.OwnerPrefix, StringComparison.Ordinal)).Except(pending).Order(StringComparer.Ordinal).ShouldBe(rows.Order(StringComparer.Ordinal), point);
    }

    private async Task ShouldHaveAllAsync(string point)
    {
        using var imap = await ImapClient.OpenInboxAsync(_sora!.ImapPort, User, Password);
        var found = new List<int>();
        var more = new Dictionary<int, byte[]>();
        foreach (var uid in imap.View.Uids.ToArray()) // FETCH changes the view
        {
            var bytes = await imap.FetchAsync(uid, "BODY.PEEK[]");
            var number = TestMail.NumberOf(bytes);
            found.Add(number);
            if (_taken.TryGetValue(number, out var message))
            {
                bytes.ShouldBe(message, $"{point}: message {number}");
                continue;
            }

            bytes.ShouldBe(TestMail.Make(number, bytes.Length > 10_000 ? Large : 600), $"{point}: message {number}, which was under way");
            more.Add(number, bytes);
        }

        found.ShouldBeUnique(point);
        _taken.Keys.Except(found).ShouldBeEmpty(point);
        more.Count.ShouldBeLessThanOrEqualTo(1, point);
        foreach (var (number, bytes) in more)
            _taken.Add(number, bytes);
    }

    private async Task EmptyAsync(string from)
    {
        await using var database = Open();
        await Eventually.WaitAsync(async () => await CountAsync(database, from) == 0, text: $"{from}\n{_sora!.Output}");
    }

    private Database Open() => PostgresFixture.Open(PostgresAddress.Read(_sora!.Data)!);

    private static async Task<long> CountAsync(Database database, string from)
    {
        await using var command = database.Write.CreateCommand($"SELECT count(*) FROM {from}");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<List<string>> NamesAsync(Database database, string sql)
    {
        var names = new List<string>();
        await using var command = database.Write.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            names.Add(reader.GetString(0));
        return names;
    }
}
