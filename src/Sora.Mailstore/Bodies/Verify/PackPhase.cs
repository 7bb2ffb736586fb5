using System.Buffers;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Verify;

/// <summary>Compares the store's list of an account's packs with their rows; with a deep check it reads each pack once, from its start to its end.</summary>
internal sealed class PackPhase(VerifyContext context, VerifyAccount account)
{
    private const int PieceSize = 128 * 1024;

    private readonly Confirmation _confirmation = new(context, account);
    private readonly HashSet<ContentHash> _suspects = [];
    private int _looked;

    public async Task RunAsync(byte[] after, CancellationToken cancellationToken)
    {
        const int page = 100;
        await using var list = await ListReader.OpenAsync(context.Raw, account.Id, ObjectKind.Pack, after, cancellationToken);
        while (true)
        {
            var rows = await context.Store.PacksAsync(account.Id, after, page, cancellationToken);
            foreach (var row in rows)
            {
                await TakeAsync(list, row.Hash, cancellationToken);
                ObjectInfo? found = null;
                if (list.Next is { } next && next.Key.Hash == row.Hash)
                {
                    found = next;
                    await list.MoveAsync();
                }

                await LookAsync(row, found, cancellationToken);
                await FlushAsync(row.Hash, cancellationToken);
            }

            if (rows.Count < page)
                break;
            after = rows[^1].Hash.ToArray();
        }

        await TakeAsync(list, null, cancellationToken);
    }

    private async Task TakeAsync(ListReader list, ContentHash? end, CancellationToken cancellationToken)
    {
        while (list.Next is { } next && (end is null || HashOrder.Compare(next.Key.Hash, end.Value) < 0))
        {
            _looked++;
            await ConfirmAsync(next.Key.Hash, cancellationToken);
            await list.MoveAsync();
            await FlushAsync(next.Key.Hash, cancellationToken);
        }
    }

    private async Task LookAsync(PackState row, ObjectInfo? found, CancellationToken cancellationToken)
    {
        _looked++;
        if (KindOf(row, found) is not null)
            await ConfirmAsync(row.Hash, cancellationToken);
        if (row.State == BodyRowState.BeingDeleted || row.Bodies == 0)
            return;
        var parts = await context.Store.PartsAsync(row.Id, cancellationToken);
        if (found is not { } there)
            _suspects.UnionWith(parts.Select(static part => part.Hash));
        else if (there.Size < row.Size)
            _suspects.UnionWith(parts.Where(part => part.Position + part.Length > there.Size).Select(static part => part.Hash));
        if (found is not null && context.Request.IsDeep)
            await ReadAsync(found.Value.Key, parts, cancellationToken);
    }

    // What is wrong with a pack beside its bodies.
    private FindingKind? KindOf(PackState? row, ObjectInfo? found)
    {
        if (row is null)
            return found?.Written < context.Before ? FindingKind.Orphaned : null;
        if (row.State != BodyRowState.Stored)
            return null; // being put or deleted; the sweep knows what to do with one that was never finished
        if (found is { } there && there.Size != row.Size && row.Bodies > 0)
            return FindingKind.Damaged;
        if (row is not { Bodies: 0, DeadSince: null } || row.CreatedAt >= context.Before)
            return null;
        return found is null ? FindingKind.Gone : row.DeadSize == 0 ? FindingKind.Leaked : null;
    }

    private async Task ConfirmAsync(ContentHash hash, CancellationToken cancellationToken)
    {
        var key = new ObjectKey(account.Id, hash, ObjectKind.Pack);
        var before = await context.Store.FindPackAsync(account.Id, hash, cancellationToken);
        var found = await context.Raw.FindAsync(key, cancellationToken);
        if (await context.Store.FindPackAsync(account.Id, hash, cancellationToken) is var after && after != before)
            return; // something happens to it just now
        if (before is null && found is null)
            return;
        if (KindOf(before, found) is { } kind)
            await ReportAsync(kind, key, before, found, DetailOf(kind, before, found), cancellationToken);
    }

    private static string DetailOf(FindingKind kind, PackState? row, ObjectInfo? found) => kind switch
    {
        FindingKind.Orphaned => "nothing knows of this pack",
        FindingKind.Damaged => FormattableString.Invariant($"the pack has {found?.Size} bytes instead of {row?.Size}"),
        FindingKind.Gone => "the row of an empty pack without an object",
        _ => "nothing is read from this pack, and it is not marked as dead",
    };

    private async Task ReportAsync(FindingKind kind, ObjectKey key, PackState? row, ObjectInfo? found, string detail, CancellationToken cancellationToken)
    {
        var finding = new VerifyFinding(kind, account.Id, account.Name, key.Hash, key.ToString(), detail);
        if (context.Request.Fixes)
        {
            var repaired = await context.Repair.RepairPackAsync(kind, key, row, found, cancellationToken);
            finding = finding with { Repair = repaired.Text, IsRepaired = repaired.IsDone };
        }

        context.Progress.Found(account.Id, finding);
    }

    // One request for all its bodies. Those that are not good are looked at again, alone.
    private async Task ReadAsync(ObjectKey key, List<PackedPart> parts, CancellationToken cancellationToken)
    {
        await using var stream = await context.Raw.OpenAsync(key, 0, null, cancellationToken);
        if (stream is null)
            return;
        var hasher = new Blake3Hasher();
        var position = 0L;
        foreach (var part in parts)
        {
            var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Max(1, part.Length));
            try
            {
                if (part.Position < position)
                {
                    _suspects.Add(part.Hash); // two bodies in one place
                    continue;
                }

                position += await SkipAsync(stream, part.Position - position, hasher, cancellationToken);
                var bytes = buffer.AsMemory(0, (int)part.Length);
                var count = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
                hasher.Update(bytes.Span[..count]);
                position += count;
                if (!part.IsDead && !await IsGoodAsync(bytes[..count], part, cancellationToken))
                    _suspects.Add(part.Hash);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        await SkipAsync(stream, long.MaxValue, hasher, cancellationToken);
        if (HashOf(hasher) != key.Hash && _suspects.Count == 0)
            await ConfirmHashAsync(key, cancellationToken);
    }

    private async Task<bool> IsGoodAsync(ReadOnlyMemory<byte> stored, PackedPart part, CancellationToken cancellationToken)
    {
        if (stored.Length != part.Length)
            return false;
        var read = await context.Reading.ReadAsync(new ObjectPut(default, stored.Length) { Bytes = stored }.OpenPlain(), part.Hash, null, null, cancellationToken);
        return read.IsGood;
    }

    // All its bodies are good: its header is damaged, or what is dead in it.
    private async Task ConfirmHashAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var row = await context.Store.FindPackAsync(account.Id, key.Hash, cancellationToken);
        if (row is not { State: BodyRowState.Stored })
            return;
        await using var stream = await context.Raw.OpenAsync(key, 0, null, cancellationToken);
        if (stream is null)
            return;
        var hasher = new Blake3Hasher();
        await SkipAsync(stream, long.MaxValue, hasher, cancellationToken);
        if (HashOf(hasher) != key.Hash)
            await ReportAsync(FindingKind.Damaged, key, row, null, "the pack is damaged beside its bodies, which are good", cancellationToken);
    }

    private async Task<long> SkipAsync(Stream stream, long count, Blake3Hasher hasher, CancellationToken cancellationToken)
    {
        var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            var skipped = 0L;
            while (skipped < count && await stream.ReadAsync(piece.AsMemory(0, (int)Math.Min(piece.Length, count - skipped)), cancellationToken) is > 0 and var read)
            {
                hasher.Update(piece.AsSpan(0, read));
                skipped += read;
                context.Progress.Read(read);
                await context.Pace.SpendAsync(0, read, cancellationToken);
            }

            return skipped;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private static ContentHash HashOf(Blake3Hasher hasher)
    {
        Span<byte> hash = stackalloc byte[ContentHash.Length];
        hasher.Finalize(hash);
        return ContentHash.From(hash);
    }

    private async Task FlushAsync(ContentHash after, CancellationToken cancellationToken)
    {
        foreach (var page in _suspects.Chunk(context.Request.Page))
            await _confirmation.ConfirmAsync(page, cancellationToken);
        await context.Progress.AdvanceAsync(new VerifyPosition(account.Id, VerifyPhase.Packs, after.ToArray()), _looked, cancellationToken);
        await context.Pace.SpendAsync(_looked, 0, cancellationToken);
        _suspects.Clear();
        _looked = 0;
    }
}
