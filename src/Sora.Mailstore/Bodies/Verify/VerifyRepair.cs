using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Bodies.Reading;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Verify;

/// <summary>What was done about a finding.</summary>
internal readonly record struct Repaired(string Text, bool IsDone);

/// <summary>
/// Puts right what can be. It puts objects under the rules of the uploader (a claimed row first) and leaves all deleting to the sweep; no message, content or staged body is ever
/// removed. A row is changed only if it is still the one that was looked at.
/// </summary>
internal sealed class VerifyRepair(
    Database database, VerifyStore store, IObjectStore encoded, string? keyId, BodyReading reading, StagedCopies staged, string cacheFolder)
{
    private static readonly Repaired Changed = new("it has changed since: look again", false);

    /// <summary>Does what helps against a finding of a body.</summary>
    public async Task<Repaired> RepairAsync(FindingKind kind, ObjectKey key, BodyState state, BodyEvidence evidence, CancellationToken cancellationToken)
    {
        switch (kind)
        {
            case FindingKind.Missing or FindingKind.Damaged:
                return await RestoreAsync(key, state, cancellationToken);
            case FindingKind.Orphaned:
                return await store.AddDeadAsync(key, evidence.Alone!.Value.Written, cancellationToken)
                    ? new Repaired("it has a row now and is deleted when its time has come", true)
                    : Changed;
            case FindingKind.Unlisted:
                return await store.AddStoredAsync(key, evidence.Read?.KeyId, cancellationToken) ? new Repaired("it has a row now", true) : Changed;
            case FindingKind.Leaked:
                return await store.SetDeadAsync(key, state.Row!.Version, cancellationToken)
                    ? new Repaired("it is marked as dead and is deleted when its time has come", true)
                    : Changed;
            case FindingKind.Unfinished or FindingKind.Sound or FindingKind.WrongKey:
                return await store.SetStoredAsync(key, state.Row!.Version, evidence.Read?.KeyId, cancellationToken) ? new Repaired("its row is put right", true) : Changed;
            case FindingKind.Gone:
                return await RepairGoneAsync(key, state, cancellationToken);
            case FindingKind.Duplicate:
                return await RepairDuplicateAsync(key, state, cancellationToken);
            default:
                return new Repaired("its key has to be configured", false);
        }
    }

    /// <summary>Puts a body again from wherever there is a good copy; without one it is marked, so that it is put when it comes again.</summary>
    public async Task<Repaired> RestoreAsync(ObjectKey key, BodyState state, CancellationToken cancellationToken)
    {
        await store.MarkDamagedAsync(key, cancellationToken);
        var path = Path.Combine(staged.TemporaryFolder, $".verify-{Path.GetRandomFileName()}");
        try
        {
            string? place;
            long size;
            await using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read))
            {
                place = await FindCopyAsync(key, state, file, cancellationToken);
                file.Flush(flushToDisk: true);
                size = file.Length;
            }

            if (place is null)
                return new Repaired("no other copy is to be found; it is put again when the same body comes again", false);
            var claims = await ClaimAsync(key, cancellationToken);
            if (claims[key] == BodyClaim.Deleting)
                return new Repaired("it is being deleted at the moment: look again later", false);
            if ((await encoded.PutAsync([new ObjectPut(key, size) { File = path }], cancellationToken))[0] is { } error)
                return new Repaired($"it could not be put again: {error.Message}", false);
            await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
            return (await BodyStore.StoredAsync(connection, [new StoredBody(key, keyId)], claims, cancellationToken)).Count == 1
                ? new Repaired($"put again from {place}", true)
                : Changed;
        }
        finally
        {
            File.Delete(path);
        }
    }

    // It may be that an upload has taken it for stored already and is about to forget what is staged: so what is staged is put at once.
    private async Task<Repaired> RepairGoneAsync(ObjectKey key, BodyState state, CancellationToken cancellationToken)
    {
        if (!state.IsStaged)
            return await store.SetDeadAsync(key, state.Row!.Version, cancellationToken) ? new Repaired("its row is marked as dead", true) : Changed;
        if (!await store.SetPendingAsync(key, state.Row!.Version, cancellationToken))
            return Changed;
        var restored = await RestoreAsync(key, state, cancellationToken);
        return restored.IsDone ? restored : new Repaired("it is to be put again from where it is staged", true);
    }

    private async Task<Repaired> RepairDuplicateAsync(ObjectKey key, BodyState state, CancellationToken cancellationToken)
    {
        var read = await reading.ReadAsync(key, 0, null, state.Hash, state.Size, null, cancellationToken);
        if (read is not { IsGood: true } good)
            return await RestoreAsync(key, state, cancellationToken);
        return await store.SetAloneAsync(key, state.Row!.Version, good.KeyId, cancellationToken)
            ? new Repaired("it is read from the object of its own now, and dead in its pack", true)
            : Changed;
    }

    private async Task<BodyClaims> ClaimAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
        return await BodyStore.ClaimAsync(connection, [key], cancellationToken);
    }

    // Where a good copy was found, which is in the file then.
    private async Task<string?> FindCopyAsync(ObjectKey key, BodyState state, FileStream file, CancellationToken cancellationToken)
    {
        foreach (var copy in await store.CopiesAsync(state.Hash, cancellationToken))
        {
            if (!staged.IsElsewhere(copy) && await IsGoodAsync(() => staged.ReadAsync(copy, file, cancellationToken)))
                return StagedCopies.PlaceOf(copy);
        }

        var holders = await store.HoldersAsync(state.Hash, cancellationToken);
        foreach (var account in holders.Append(key.Account).Distinct())
        {
            var cached = BodyCache.FileOf(cacheFolder, new ObjectKey(account, state.Hash));
            if (File.Exists(cached) && await IsGoodAsync(() => ReadFileAsync(cached)))
                return "the local cache";
            var other = (await store.StatesAsync(account, [state.Hash], cancellationToken))[0];
            var alone = Judgement.KeyOf(account, other);
            if (await IsGoodAsync(() => reading.ReadAsync(alone, 0, null, state.Hash, state.Size, file, cancellationToken)))
                return alone.ToString();
            if (other.Row is { Pack: { } pack } row)
            {
                var packed = new ObjectKey(account, pack.Hash, ObjectKind.Pack);
                if (await IsGoodAsync(() => reading.ReadAsync(packed, row.Position, row.Length, state.Hash, state.Size, file, cancellationToken)))
                    return packed.ToString();
            }
        }

        return null;

        async Task<BodyRead?> ReadFileAsync(string path)
        {
            try
            {
                var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
                return await reading.ReadAsync(stream, state.Hash, state.Size, file, cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null; // displaced, or not ours to read
            }
        }

        async Task<bool> IsGoodAsync(Func<Task<BodyRead?>> read)
        {
            file.SetLength(0);
            return await read() is { IsGood: true };
        }
    }

    /// <summary>Does what helps against a finding of a pack.</summary>
    public async Task<Repaired> RepairPackAsync(FindingKind kind, ObjectKey key, PackState? state, ObjectInfo? found, CancellationToken cancellationToken) => kind switch
    {
        FindingKind.Orphaned => await store.AddDeadPackAsync(key, found!.Value.Size, found.Value.Written, cancellationToken)
            ? new Repaired("it has a row now and is deleted when its time has come", true)
            : Changed,
        FindingKind.Leaked or FindingKind.Gone => await store.SetPackDeadAsync(state!.Id, state.Version, cancellationToken)
            ? new Repaired("it is marked as dead and is deleted when its time has come", true)
            : Changed,
        _ => new Repaired("its bodies are looked at one by one; it is written anew when more than half of it is dead", false),
    };
}
