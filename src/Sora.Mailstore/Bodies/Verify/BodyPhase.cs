using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Verify;

/// <summary>Compares the store's list of an account's objects of one body each (or of staged objects) with the rows, both in the order of hashes.</summary>
internal sealed class BodyPhase(VerifyContext context, VerifyAccount account)
{
    private const int ReadParallelism = 4;

    private readonly Confirmation _confirmation = new(context, account);
    private readonly HashSet<ContentHash> _suspects = [];
    private readonly List<(BodyState State, ObjectInfo Found)> _toRead = [];
    private int _looked;

    public async Task RunAsync(byte[] after, CancellationToken cancellationToken)
    {
        var page = context.Request.Page;
        await using var list = await ListReader.OpenAsync(
            context.Raw, account.Id, account.Id.Value == 0 ? ObjectKind.Staged : ObjectKind.Body, after, cancellationToken);
        while (true)
        {
            var rows = await context.Store.PageAsync(account.Id, after, page, cancellationToken);
            foreach (var row in rows)
            {
                await TakeAsync(list, row.Hash, cancellationToken);
                ObjectInfo? found = null;
                if (list.Next is { } next && next.Key.Hash == row.Hash)
                {
                    found = next;
                    await list.MoveAsync();
                }

                Look(row, found);
            }

            if (rows.Count < page)
                break;
            after = rows[^1].Hash.ToArray();
            await FlushAsync(after, cancellationToken);
        }

        await TakeAsync(list, null, cancellationToken);
        await FlushAsync(ContentHash.From([.. Enumerable.Repeat((byte)0xFF, ContentHash.Length)]).ToArray(), cancellationToken);
    }

    // The objects before a hash have no rows, or had none when the page was read.
    private async Task TakeAsync(ListReader list, ContentHash? end, CancellationToken cancellationToken)
    {
        while (list.Next is { } next && (end is null || HashOrder.Compare(next.Key.Hash, end.Value) < 0))
        {
            _suspects.Add(next.Key.Hash);
            _looked++;
            await list.MoveAsync();
            if (_suspects.Count >= context.Request.Page)
                await FlushAsync(next.Key.Hash.ToArray(), cancellationToken);
        }
    }

    private void Look(BodyState state, ObjectInfo? found)
    {
        _looked++;
        var isNeeded = state.HasContent || state.IsStaged;
        if (Judgement.Of(state, new BodyEvidence(found, null), isPackLookedFor: false, context.Before) is not null || (isNeeded && state.Row?.DamagedAt is not null))
            _suspects.Add(state.Hash);
        else if (found is not { } there || !isNeeded || state.Row is not { State: BodyRowState.Stored, PackId: null } row)
            return;
        else if (context.Request.IsDeep)
            _toRead.Add((state, there));
        else if (state.Size is { } size && Judgement.IsOddSize(there.Size, size, row.KeyId, context.Codec))
            _suspects.Add(state.Hash);
    }

    private async Task FlushAsync(byte[] after, CancellationToken cancellationToken)
    {
        await ReadAsync(cancellationToken);
        if (_suspects.Count > 0)
            await _confirmation.ConfirmAsync(_suspects, cancellationToken);
        await context.Progress.AdvanceAsync(new VerifyPosition(account.Id, VerifyPhase.Bodies, after), _looked, cancellationToken);
        await context.Pace.SpendAsync(_looked, 0, cancellationToken);
        _suspects.Clear();
        _toRead.Clear();
        _looked = 0;
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = ReadParallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(_toRead, parallel, async (item, token) =>
        {
            var (state, found) = item;
            var read = await context.Reading.ReadAsync(found.Key, 0, null, state.Hash, state.Size, null, token);
            if (read is { IsGood: true } good && good.KeyId == state.Row!.KeyId)
                return;
            lock (_suspects)
                _suspects.Add(state.Hash);
        });
    }
}
