using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Bodies.Verify;

namespace Sora.Mailstore.Tests.Bodies.Verify;

/// <summary>Bodies with messages that need them, on real files, and what a comparison says of them.</summary>
internal sealed class VerifiedStore : IAsyncDisposable, IVerifyObserver
{
    private List<VerifyFinding> _findings = [];

    private VerifiedStore(TestBodies bodies) => Bodies = bodies;

    public TestBodies Bodies { get; }

    public FilesystemObjectStore Objects => (FilesystemObjectStore)Bodies.Host.RawObjects;

    /// <summary>What the last comparison came to.</summary>
    public VerifySummary? Last { get; private set; }

    public static async Task<VerifiedStore> CreateAsync(StorageOptions? options = null) => new(await TestBodies.CreateAsync(options));

    /// <summary>Commits a message with a row that refers to its content.</summary>
    public async Task<ContentId> DeliverAsync(byte[] bytes, long account)
    {
        await using var message = await Bodies.TakeAsync(bytes);
        await using var connection = await Bodies.Database.Write.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var id = (await TestBodies.CommitAsync(message, connection, account))[0];
        await using var command = new Npgsql.NpgsqlCommand(
            $"INSERT INTO messages (mailbox_id, uid, content_id, internal_date, save_date, size) VALUES ({id.Value}, 1, {id.Value}, 0, 0, {bytes.Length})", connection);
        await command.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
        return id;
    }

    /// <summary>What a purge does, in one transaction.</summary>
    public Task PurgeAsync(ContentId id) => ExecuteAsync(
        $"""
        DELETE FROM messages WHERE content_id = {id.Value};
        WITH gone AS (DELETE FROM contents WHERE id = {id.Value} RETURNING account_id, hash)
        UPDATE bodies b SET dead_since = now() FROM gone WHERE b.account_id = gone.account_id AND b.hash = gone.hash
        """);

    public async Task MoveAsync()
    {
        await Bodies.UploadAsync();
        while ((await Bodies.Host.Uploader.PackAsync(default)).Taken > 0)
        {
        }
    }

    public async Task<string> PathAsync(ContentId id)
    {
        var content = await Bodies.ContentAsync(id);
        return Objects.PathOf(new ObjectKey(content.Account, content.Hash));
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Bodies.Database.Write.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public Verification Open(StorageOptions? options = null) =>
        new(Bodies.Database, options ?? Bodies.Options, Path.GetDirectoryName(Bodies.BodiesFolder)!, TimeProvider.System, Bodies.Host.RawObjects);

    public Task<List<VerifyFinding>> VerifyAsync(VerifyRequest request, StorageOptions? options = null) => RunAsync(Open(options).RunAsync, request);

    public Task<List<VerifyFinding>> ResumeAsync(VerifyRequest request) => RunAsync(Open().ResumeAsync, request);

    public void Begun(long run, VerifyRequest request, long expected, VerifyTotals totals)
    {
    }

    public void Found(VerifyFinding finding) => _findings.Add(finding);

    public void Progressed(VerifyTotals totals)
    {
    }

    public ValueTask DisposeAsync() => Bodies.DisposeAsync();

    private async Task<List<VerifyFinding>> RunAsync(Func<VerifyRequest, IVerifyObserver, CancellationToken, Task<VerifySummary>> run, VerifyRequest request)
    {
        _findings = [];
        Last = await run(request, this, default);
        return _findings;
    }
}
