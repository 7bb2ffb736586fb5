using Microsoft.Extensions.Logging;
using Npgsql;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Bodies.Packs;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Uploads;

/// <summary>What became of leased bodies; those in neither are due again soon.</summary>
internal sealed class UploadOutcome
{
    /// <summary>The object store has them for all their accounts, or for the one that was packed.</summary>
    public List<StagedBody> Moved { get; } = [];

    /// <summary>Why the others are not there, by their number.</summary>
    public Dictionary<long, Exception> Failures { get; } = [];
}

/// <summary>
/// Moves leased bodies: claims their rows, puts what is not there, and in one transaction says that it is there and deletes what was staged.
/// A crash at any point leaves a staged body that is moved again, onto the same object or the same row.
/// </summary>
internal sealed class UploadBatches(
    Database database,
    StagedBodyStore staged,
    StagingFolder folder,
    IObjectStore objects,
    PackWriter packs,
    StorageOptions options,
    TimeProvider time,
    ILogger<UploadBatches> logger)
{
    /// <summary>How long bodies wait whose object is being deleted at the moment.</summary>
    private static readonly TimeSpan DeletionPause = TimeSpan.FromSeconds(2);

    private readonly BodyStore _bodyStore = new(database.Write);

    /// <summary>The key that objects are encrypted with; null when they are not.</summary>
    public string? KeyId { get; init; }

    /// <summary>Makes each body an object of each of its accounts.</summary>
    public async Task<UploadOutcome> MoveAsync(List<StagedBody> bodies, CancellationToken cancellationToken)
    {
        await using var lease = new UploadLease(staged, bodies, options.UploadLease, time, logger);
        CrashPoints.Reach(CrashPoints.UploadLeased);
        var keys = bodies.SelectMany(static body => body.Accounts.Select(account => new ObjectKey(account, body.Hash))).ToHashSet();
        var claims = await ClaimAsync(keys, cancellationToken);
        CrashPoints.Reach(CrashPoints.UploadClaimed);
        var outcome = new UploadOutcome();
        var stored = await PutAsync(bodies, claims, outcome, cancellationToken);
        CrashPoints.Reach(CrashPoints.UploadPut);
        var whole = bodies.FindAll(body => !outcome.Failures.ContainsKey(body.Id) && !IsBeingDeleted(body, claims));
        await FinishAsync(whole, claims, stored, outcome, cancellationToken);
        CrashPoints.Reach(CrashPoints.UploadFinished);
        Settle(lease, outcome);
        return outcome;
    }

    /// <summary>Makes bodies parts of one object of an account.</summary>
    public async Task<UploadOutcome> PackAsync(AccountId account, List<StagedBody> bodies, CancellationToken cancellationToken)
    {
        await using var lease = new UploadLease(staged, bodies, options.UploadLease, time, logger);
        CrashPoints.Reach(CrashPoints.UploadLeased);
        var keys = bodies.Select(body => new ObjectKey(account, body.Hash)).ToHashSet();
        var claims = await ClaimAsync(keys, cancellationToken);
        CrashPoints.Reach(CrashPoints.UploadClaimed);
        var outcome = new UploadOutcome();
        var stored = await PutPackAsync(account, bodies, claims, outcome, cancellationToken);
        CrashPoints.Reach(CrashPoints.UploadPut);
        await FinishPackAsync(account, bodies, claims, stored, outcome, cancellationToken);
        CrashPoints.Reach(CrashPoints.UploadFinished);
        Settle(lease, outcome);
        return outcome;
    }

    private static void Settle(UploadLease lease, UploadOutcome outcome)
    {
        lease.Settle(outcome.Moved.Select(static body => body.Id));
        lease.Settle(outcome.Failures.Keys);
        lease.Pause = DeletionPause;
    }

    private static bool IsBeingDeleted(StagedBody body, BodyClaims claims) =>
        Array.Exists(body.Accounts, account => claims[new ObjectKey(account, body.Hash)] == BodyClaim.Deleting);

    private async Task<BodyClaims> ClaimAsync(HashSet<ObjectKey> keys, CancellationToken cancellationToken)
    {
        await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
        return await BodyStore.ClaimAsync(connection, keys, cancellationToken);
    }

    // The objects that are there now, of those that were claimed.
    private async Task<List<StoredBody>> PutAsync(
        List<StagedBody> bodies, BodyClaims claims, UploadOutcome outcome, CancellationToken cancellationToken)
    {
        var puts = new List<(ObjectPut Put, StagedBody Body)>();
        var copies = new List<(ObjectKey Key, StagedBody Body)>();
        var taken = new HashSet<ObjectKey>();
        var read = await ReadAsync(bodies.FindAll(body => Array.Exists(body.Accounts, account => IsFree(account, body))), cancellationToken);
        foreach (var body in bodies)
        {
            foreach (var account in body.Accounts)
            {
                var key = new ObjectKey(account, body.Hash);
                if (claims[key] != BodyClaim.Free || !taken.Add(key))
                    continue;
                if (body.IsObject)
                    copies.Add((key, body));
                else if (body.IsInDatabase && !read.ContainsKey(body.Id))
                    taken.Remove(key); // its row has just gone: somebody else has moved it
                else
                    puts.Add((PutOf(key, body, read), body));
            }
        }

        var stored = new List<StoredBody>(puts.Count + copies.Count);
        if (puts.Count > 0)
        {
            var outcomes = await objects.PutAsync([.. puts.Select(static item => item.Put)], cancellationToken);
            for (var i = 0; i < outcomes.Count; i++)
            {
                if (outcomes[i] is { } error)
                    outcome.Failures.TryAdd(puts[i].Body.Id, error);
                else
                    stored.Add(new StoredBody(puts[i].Put.Key, KeyId));
            }
        }

        foreach (var (key, body) in copies)
        {
            try
            {
                if (!await objects.CopyAsync(ObjectKey.Staged(body.Hash), key, cancellationToken))
                    throw new FileNotFoundException($"Staged object {body.Hash} is not in the object store");
                stored.Add(new StoredBody(key, await _bodyStore.KeyIdAsync(ObjectKey.Staged(body.Hash), cancellationToken)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                outcome.Failures.TryAdd(body.Id, e);
            }
        }

        return stored;

        bool IsFree(AccountId account, StagedBody body) => claims[new ObjectKey(account, body.Hash)] == BodyClaim.Free;
    }

    private async Task<Dictionary<long, byte[]>> ReadAsync(List<StagedBody> bodies, CancellationToken cancellationToken)
    {
        long[] inDatabase = [.. bodies.FindAll(static body => body.IsInDatabase).Select(static body => body.Id)];
        return inDatabase.Length == 0 ? [] : await staged.ReadBodiesAsync(inDatabase, cancellationToken);
    }

    private ObjectPut PutOf(ObjectKey key, StagedBody body, Dictionary<long, byte[]> read) => new(key, body.Size)
    {
        Bytes = body.IsInDatabase ? read[body.Id] : default(ReadOnlyMemory<byte>?), // null alone would be an empty memory
        File = body.IsInDatabase ? null : folder.FullName(body.Path!),
    };

    private async Task FinishAsync(
        List<StagedBody> bodies, BodyClaims claims, List<StoredBody> stored, UploadOutcome outcome, CancellationToken cancellationToken)
    {
        await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var there = await ThereAsync(connection, claims, stored, cancellationToken);
        outcome.Moved.AddRange(bodies.FindAll(body => Array.TrueForAll(body.Accounts, account => there.Contains(new ObjectKey(account, body.Hash)))));
        if (outcome.Moved.Count > 0)
            await StagedBodyStore.DeleteAsync(connection, [.. outcome.Moved.Select(static body => body.Id)], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await ClaimLostAsync(stored, there, cancellationToken);
    }

    // What was put although its row was deleted meanwhile has a row again, so that it is found when nobody needs it
    private async Task ClaimLostAsync(List<StoredBody> stored, HashSet<ObjectKey> there, CancellationToken cancellationToken)
    {
        var lost = stored.Select(static body => body.Key).Where(key => !there.Contains(key)).ToHashSet();
        if (lost.Count > 0)
            await ClaimAsync(lost, cancellationToken);
    }

    // What was put, and what was there when it was claimed and still is: had the lease been over for long, others may have done all this, and the message may have been purged and its object
    // deleted since. From here to the end of the transaction nobody begins to delete it.
    private static async Task<HashSet<ObjectKey>> ThereAsync(
        NpgsqlConnection connection, BodyClaims claims, List<StoredBody> stored, CancellationToken cancellationToken)
    {
        var there = await BodyStore.HoldAsync(connection, claims.Keys, cancellationToken);
        there.RemoveWhere(key => claims[key] != BodyClaim.Stored);
        if (stored.Count > 0)
            there.UnionWith(await BodyStore.StoredAsync(connection, stored, claims, cancellationToken));
        return there;
    }

    private async Task<List<StoredBody>> PutPackAsync(
        AccountId account, List<StagedBody> bodies, BodyClaims claims, UploadOutcome outcome, CancellationToken cancellationToken)
    {
        var free = bodies.FindAll(body => claims[new ObjectKey(account, body.Hash)] == BodyClaim.Free);
        var read = await ReadAsync(free, cancellationToken);
        var sources = new List<ObjectPut>(free.Count);
        var owners = new Dictionary<ObjectKey, long>();
        foreach (var body in free)
        {
            var key = new ObjectKey(account, body.Hash);
            if ((!body.IsInDatabase || read.ContainsKey(body.Id)) && owners.TryAdd(key, body.Id))
                sources.Add(PutOf(key, body, read));
        }

        var written = await packs.WriteAsync(account, sources, cancellationToken);
        foreach (var (key, error) in written.Failures)
            outcome.Failures.Add(owners[key], error);
        return written.Stored;
    }

    private async Task FinishPackAsync(
        AccountId account,
        List<StagedBody> bodies,
        BodyClaims claims,
        List<StoredBody> stored,
        UploadOutcome outcome,
        CancellationToken cancellationToken)
    {
        await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (stored.Count > 0 && stored[0].PackId is { } pack)
            await PackStore.StoredAsync(connection, pack, cancellationToken);
        var there = await ThereAsync(connection, claims, stored, cancellationToken);
        outcome.Moved.AddRange(bodies.FindAll(body => there.Contains(new ObjectKey(account, body.Hash)) && !outcome.Failures.ContainsKey(body.Id)));
        if (outcome.Moved.Count > 0)
            await StagedBodyStore.DeleteAsync(connection, [.. outcome.Moved.Select(static body => body.Id)], account, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
