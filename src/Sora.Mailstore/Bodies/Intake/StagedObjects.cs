using Microsoft.Extensions.Logging;
using Npgsql;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Intake;

/// <summary>
/// Puts arriving bodies into the object store before their messages are acknowledged. A staged object is named by its hash and shared by all
/// deliveries of the same body; its row is claimed again by each, which keeps it for as long as a commit may take.
/// </summary>
internal sealed class StagedObjects(Database database, IObjectStore objects, StorageOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>Where a body belongs to no account yet.</summary>
    public string? KeyId { get; init; }

    /// <summary>Puts a file; false when the store did not take it in time.</summary>
    public async Task<bool> TryPutAsync(ContentHash hash, string file, long size, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.StagingObjectTimeout);
        var key = ObjectKey.Staged(hash);
        var start = time.GetTimestamp();
        try
        {
            var claims = await ClaimAsync(key, patience.Token);
            var claim = claims[key];
            CrashPoints.Reach(CrashPoints.StagedObjectClaimed);
            if (claim == BodyClaim.Stored)
                return true;
            if (claim == BodyClaim.Deleting)
                return false;
            if ((await objects.PutAsync([new ObjectPut(key, size) { File = file }], patience.Token))[0] is { } error)
                throw error;
            CrashPoints.Reach(CrashPoints.StagedObjectPut);
            await using var connection = await database.Write.OpenConnectionAsync(patience.Token);
            return (await BodyStore.StoredAsync(connection, [new StoredBody(key, KeyId)], claims, patience.Token)).Count == 1;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested
            && e is IOException or UnauthorizedAccessException or NpgsqlException or TimeoutException or OperationCanceledException)
        {
            Log.StagedObjectFailed(logger, key.ToString(), time.GetElapsedTime(start), e);
            return false;
        }
    }

    private async Task<BodyClaims> ClaimAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
        return await BodyStore.ClaimAsync(connection, [key], cancellationToken);
    }
}
