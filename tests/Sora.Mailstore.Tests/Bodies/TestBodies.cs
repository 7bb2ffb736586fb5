using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Storage;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Bodies;

/// <summary>Body storage on a fresh database and a fresh folder, whose uploader moves only when a test says so.</summary>
internal sealed class TestBodies : IAsyncDisposable
{
    private static long _lastNumber;
    private readonly TempFolder _folder = new();
    private readonly Func<string, IObjectStore>? _objects;
    private readonly TimeProvider? _time;

    private TestBodies(Database database, StorageOptions options, Func<string, IObjectStore>? objects, TimeProvider? time)
    {
        _time = time;
        Database = database;
        Options = options;
        _objects = objects;
        Host = Open();
    }

    public Database Database { get; }

    public StorageOptions Options { get; }

    /// <summary>The clock of those that were not made with one of their own.</summary>
    public ShiftedTime Time { get; } = new();

    public MailstoreMetrics Metrics { get; } = new();

    public BodyHost Host { get; private set; }

    public IMessageStore Messages => Host.Messages;

    public string StagingFolder => Path.Combine(_folder.Path, "staging");

    public string BodiesFolder => Path.Combine(_folder.Path, "bodies");

    public string CacheFolder => Path.Combine(_folder.Path, "cache");

    /// <summary>The staged files, whoever needs them.</summary>
    public string[] StagedFiles => [.. Directory.EnumerateFiles(StagingFolder).Where(file => !Path.GetFileName(file).StartsWith('.'))];

    public static async Task<TestBodies> CreateAsync(StorageOptions? options = null, Func<string, IObjectStore>? objects = null, TimeProvider? time = null) =>
        new(await PostgresFixture.CreateDatabaseAsync(), options ?? new StorageOptions(), objects, time);

    /// <summary>What a new process finds.</summary>
    public async Task RestartAsync()
    {
        await Host.DisposeAsync();
        Host = Open();
    }

    /// <summary>Another process on the same database with folders of its own.</summary>
    public BodyHost OpenOther(string folder, bool ownFilesOnly = false) => new(Database, Options, folder, Metrics, Time, NullLoggerFactory.Instance, Host.RawObjects, ownFilesOnly: ownFilesOnly);

    public async Task<StagedMessage> TakeAsync(byte[] message, int chunk = 7001, long sizeHint = 0, BodyHost? host = null)
    {
        await using var intake = (host ?? Host).Intakes.Begin(long.MaxValue, sizeHint);
        for (var start = 0; start < message.Length; start += chunk)
            await intake.WriteAsync(message.AsMemory(start, Math.Min(chunk, message.Length - start)), default);
        return (StagedMessage)(await intake.CompleteAsync(default)).Value;
    }

    /// <summary>Commits a message for some accounts in one statement; their contents.</summary>
    public async Task<ContentId[]> CommitAsync(StagedMessage message, byte[] prefix, params long[] accounts)
    {
        await using var connection = await Database.Write.OpenConnectionAsync();
        return await CommitAsync(message, connection, prefix, accounts);
    }

    /// <summary>The same as a part of a transaction.</summary>
    public static Task<ContentId[]> CommitAsync(StagedMessage message, NpgsqlConnection connection, long account) => CommitAsync(message, connection, [], account);

    private static async Task<ContentId[]> CommitAsync(StagedMessage message, NpgsqlConnection connection, byte[] prefix, params long[] accounts)
    {
        var contents = new ContentId[accounts.Length];
        var units = new CommitUnit[accounts.Length];
        for (var i = 0; i < units.Length; i++)
        {
            var number = Interlocked.Increment(ref _lastNumber);
            contents[i] = new ContentId(number);
            units[i] = new CommitUnit(new MailboxCommit
            {
                Mailbox = new MailboxId(number),
                Account = new AccountId(accounts[i]),
                Delta = new MailboxDelta { ModSeq = new ModSeq(1), UidNext = 2 },
                Index = MailboxIndex.Empty(new MailboxId(number), new UidValidity(1)),
                Contents = [new NewContent(contents[i], message, prefix)],
            });
        }

        await CommitStore.CommitAsync(connection, units, default);
        return contents;
    }

    /// <summary>Takes, commits and lets go of a message for account 1.</summary>
    public Task<ContentId> DeliverAsync(byte[] message, params byte[] prefix) => DeliverAsync(message, Host, prefix);

    /// <summary>The same on another node.</summary>
    public async Task<ContentId> DeliverAsync(byte[] message, BodyHost host, params byte[] prefix)
    {
        await using var staged = await TakeAsync(message, host: host);
        return (await CommitAsync(staged, prefix, 1))[0];
    }

    public async Task<MessageContent> ContentAsync(ContentId id) => (await Messages.ReadAsync(new[] { id }, ContentParts.None, default))[0]!;

    public async Task<byte[]> ReadAsync(ContentId id, BodyHost? host = null)
    {
        await using var body = await (host ?? Host).Messages.OpenAsync(await ContentAsync(id), default);
        return await ReadAsync(body);
    }

    public static async Task<byte[]> ReadAsync(IMessageBody body, int piece = 100_003)
    {
        var bytes = new byte[body.Length];
        var position = 0;
        while (position < bytes.Length)
        {
            var count = await body.ReadAsync(position, bytes.AsMemory(position, Math.Min(piece, bytes.Length - position)), default);
            count.ShouldBeGreaterThan(0);
            position += count;
        }

        (await body.ReadAsync(position, new byte[1], default)).ShouldBe(0);
        return bytes;
    }

    /// <summary>Moves all that is due.</summary>
    public async Task UploadAsync()
    {
        while ((await Host.Uploader.MoveAsync(default)).Taken > 0)
        {
        }
    }

    public async Task<long> CountStagedAsync() => (long)(await ScalarAsync("SELECT count(*) FROM staged_bodies"))!;

    public async Task<object?> ScalarAsync(string sql)
    {
        await using var command = Database.Write.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    public string ObjectPath(MessageContent content) => new FilesystemObjectStore(BodiesFolder).PathOf(new ObjectKey(content.Account, content.Hash));

    public static byte[] Message(int size, int seed = 1)
    {
        var message = new byte[size];
        new Random(seed).NextBytes(message);
        message.AsSpan().Replace((byte)0, (byte)'0'); // those are converted: NulConversionTests
        "Subject: a test\r\nMessage-ID: <1@sora.example>\r\n\r\n"u8[..Math.Min(size, 48)].CopyTo(message);
        return message;
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Database.DisposeAsync();
        Metrics.Dispose();
        _folder.Dispose();
    }

    private BodyHost Open() =>
        new(Database, Options, _folder.Path, Metrics, _time ?? Time, NullLoggerFactory.Instance, _objects?.Invoke(BodiesFolder));
}

/// <summary>The real time, set forward.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    public TimeSpan Offset { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
}
