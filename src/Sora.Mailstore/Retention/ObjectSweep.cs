using Microsoft.Extensions.Logging;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Bodies.Objects.S3;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Retention;

/// <summary>
/// Deletes the objects of bodies that nothing refers to. The rows say first that their objects are being deleted, then the store is asked, then the rows go: after a crash
/// anywhere in between the rows are still there, and it is done again. Two nodes at once do no harm.
/// </summary>
internal sealed class ObjectSweep(
    SweepStore store, IObjectStore objects, RetentionOptions options, BatchPace pace, RetentionMetrics metrics, TimeProvider time, ILogger logger)
{
    private const int CheckedAtOnce = 5000;

    private BodyCursor _checked = BodyCursor.Start;

    /// <summary>Deletes all that is due. When the object store does not answer it stops, and goes on at the next look.</summary>
    public async Task<SweptObjects> RunAsync(CancellationToken cancellationToken)
    {
        await CheckAsync(cancellationToken);
        while (await store.ReviveAsync(options.Batch, cancellationToken) == options.Batch)
            await pace.PauseAsync(cancellationToken);
        var swept = new SweptObjects(0, await SweepPackedAsync(cancellationToken), 0);
        try
        {
            swept = swept with { Objects = await SweepObjectsAsync(cancellationToken) };
            swept = swept with { Packs = await SweepPacksAsync(cancellationToken) };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException)
        {
            metrics.SweepFailed();
            Log.SweepFailed(logger, e);
        }

        var (dead, oldest) = await store.CountDeadAsync(cancellationToken);
        metrics.Dead(dead, oldest);
        return swept;
    }

    private async Task<long> SweepObjectsAsync(CancellationToken cancellationToken)
    {
        var total = 0L;
        while (true)
        {
            var begun = time.GetTimestamp();
            var keys = await store.MarkObjectsAsync(options.SweepRetry, options.Batch, cancellationToken);
            if (keys.Count == 0)
                return total;
            CrashPoints.Reach(CrashPoints.SweepMarked);
            var deleted = await DeleteAsync(keys, cancellationToken);
            CrashPoints.Reach(CrashPoints.SweepDeleted);
            await store.ForgetObjectsAsync([.. deleted], cancellationToken);
            CrashPoints.Reach(CrashPoints.SweepDone);
            total += deleted.Count;
            metrics.Swept("object", deleted.Count);
            await pace.PauseAsync(keys.Count, begun, cancellationToken);
        }
    }

    private async Task<long> SweepPackedAsync(CancellationToken cancellationToken)
    {
        var total = 0L;
        while (await store.ForgetPackedAsync(options.Batch, cancellationToken) is > 0 and var count)
        {
            CrashPoints.Reach(CrashPoints.SweepUnpacked);
            total += count;
            metrics.Swept("packed", count);
            await pace.PauseAsync(cancellationToken);
        }

        return total;
    }

    private async Task<long> SweepPacksAsync(CancellationToken cancellationToken)
    {
        await store.MarkEmptyPacksAsync(options.Batch, cancellationToken);
        var total = 0L;
        while (true)
        {
            var begun = time.GetTimestamp();
            var (packs, keys) = await store.MarkPacksAsync(options.SweepRetry, options.Batch, cancellationToken);
            if (packs.Length == 0)
                return total;
            var shared = await store.SharedPacksAsync(keys, cancellationToken);
            CrashPoints.Reach(CrashPoints.SweepPackMarked);
            var deleted = await DeleteAsync(keys.FindAll(key => !shared.Contains(key)), cancellationToken);
            CrashPoints.Reach(CrashPoints.SweepPackDeleted);
            long[] gone = [.. packs.Where((_, i) => shared.Contains(keys[i]) || deleted.Contains(keys[i]))];
            await store.ForgetPacksAsync(gone, cancellationToken);
            total += gone.Length;
            metrics.Swept("pack", gone.Length);
            await store.MarkEmptyPacksAsync(options.Batch, cancellationToken);
            await pace.PauseAsync(packs.Length, begun, cancellationToken);
        }
    }

    // Those that are gone. One that the store will not delete must not keep the others: it is tried again later, and again
    private async Task<HashSet<ObjectKey>> DeleteAsync(List<ObjectKey> keys, CancellationToken cancellationToken)
    {
        try
        {
            await objects.DeleteAsync(keys, cancellationToken);
            return [.. keys];
        }
        catch (S3DeleteException e)
        {
            metrics.SweepFailed();
            Log.SweepFailed(logger, e);
            return [.. keys.Where(key => !e.Failed.ContainsKey(key))];
        }
    }

    // Where it got to is kept in memory: a node that takes over begins anew
    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        var marked = 0L;
        for (var looked = 0; looked < options.CheckedBodies; looked += CheckedAtOnce)
        {
            var count = Math.Min(CheckedAtOnce, options.CheckedBodies - looked);
            var (found, next) = await store.CheckAsync(_checked, count, cancellationToken);
            marked += found;
            _checked = next ?? BodyCursor.Start;
            if (next is null)
                break;
            await pace.PauseAsync(cancellationToken);
        }

        if (marked == 0)
            return;
        metrics.Unmarked(marked);
        Log.Unmarked(logger, marked);
    }
}

/// <summary>What a sweep has deleted.</summary>
/// <param name="Objects">Objects of one body each.</param>
/// <param name="Packed">Bodies in packs.</param>
/// <param name="Packs">Packs in which nothing was left.</param>
internal readonly record struct SweptObjects(long Objects, long Packed, long Packs)
{
    public bool IsNone => this == default;
}
