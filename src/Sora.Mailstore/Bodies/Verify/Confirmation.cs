using System.Collections.Concurrent;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Verify;

/// <summary>
/// Looks at suspicious bodies again, one by one: first the database, then the object store, then the database once more. Only when it says the same
/// twice was the store looked at under what it says, and only then is something reported. So deliveries, uploads and deletions under way are no findings.
/// </summary>
internal sealed class Confirmation(VerifyContext context, VerifyAccount account)
{
    private const int MostRounds = 5;
    private const int Parallelism = 4;

    private readonly ConcurrentDictionary<ObjectKey, ObjectInfo?> _packs = new();

    /// <summary>Reports what is wrong with these bodies and puts it right if that is asked for.</summary>
    public async Task ConfirmAsync(IReadOnlyCollection<ContentHash> suspects, CancellationToken cancellationToken)
    {
        var left = suspects;
        var leaked = new List<BodyState>();
        for (var round = 0; round < MostRounds && left.Count > 0; round++)
        {
            var before = await context.Store.StatesAsync(account.Id, left, cancellationToken);
            var evidence = await LookAsync(before, cancellationToken);
            var after = (await context.Store.StatesAsync(account.Id, left, cancellationToken)).ToDictionary(static state => state.Hash);
            var changed = new List<ContentHash>();
            foreach (var state in before)
            {
                if (after.GetValueOrDefault(state.Hash) != state)
                    changed.Add(state.Hash);
                else if (Judgement.Of(state, evidence[state.Hash], isPackLookedFor: true, context.Before) is not { } kind)
                    continue;
                else if (kind == FindingKind.Leaked)
                    leaked.Add(state);
                else
                    await ReportAsync(kind, state, evidence[state.Hash], cancellationToken);
            }

            left = changed;
            _packs.Clear();
        }

        if (leaked.Count > 0)
            await ConfirmLeakedAsync(leaked, cancellationToken);
    }

    // Between a claim and the end of its upload a body whose message was purged meanwhile looks as if it were leaked.
    private async Task ConfirmLeakedAsync(List<BodyState> leaked, CancellationToken cancellationToken)
    {
        await Task.Delay(context.Request.Settle, context.Time, cancellationToken);
        var now = (await context.Store.StatesAsync(account.Id, [.. leaked.Select(static state => state.Hash)], cancellationToken)).ToDictionary(static state => state.Hash);
        foreach (var state in leaked)
        {
            if (now.GetValueOrDefault(state.Hash) == state)
                await ReportAsync(FindingKind.Leaked, state, default, cancellationToken);
        }
    }

    private async Task<ConcurrentDictionary<ContentHash, BodyEvidence>> LookAsync(List<BodyState> states, CancellationToken cancellationToken)
    {
        var found = new ConcurrentDictionary<ContentHash, BodyEvidence>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(states, parallel, async (state, token) => found[state.Hash] = await LookAsync(state, token));
        return found;
    }

    /// <summary>What the object store has of a body.</summary>
    public async Task<BodyEvidence> LookAsync(BodyState state, CancellationToken cancellationToken)
    {
        var key = Judgement.KeyOf(account.Id, state);
        var evidence = new BodyEvidence(await context.Raw.FindAsync(key, cancellationToken), null);
        if (state.Row?.Pack is { } pack)
            evidence = evidence with { Pack = await FindPackAsync(new ObjectKey(account.Id, pack.Hash, ObjectKind.Pack), cancellationToken) };
        return evidence with { Read = await ReadAsync(key, state, evidence, cancellationToken) };
    }

    private async Task<ObjectInfo?> FindPackAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_packs.TryGetValue(key, out var found))
            _packs[key] = found = await context.Raw.FindAsync(key, cancellationToken);
        return found;
    }

    private async Task<BodyRead?> ReadAsync(ObjectKey key, BodyState state, BodyEvidence evidence, CancellationToken cancellationToken)
    {
        var isNeeded = state.HasContent || state.IsStaged;
        if (state.Row is not { State: BodyRowState.Stored } row)
            return evidence.Alone is not null && isNeeded && !state.IsStaged ? await ReadAloneAsync() : null;
        if (!isNeeded || !Judgement.IsThere(row, evidence, isPackLookedFor: true))
            return null;
        if (!context.Request.IsDeep && row.DamagedAt is null)
        {
            return row.PackId is null && state.Size is { } size && Judgement.IsOddSize(evidence.Alone!.Value.Size, size, row.KeyId, context.Codec)
                ? await context.Reading.LookAsync(evidence.Alone.Value, size, cancellationToken)
                : null;
        }

        return row.Pack is { } pack
            ? await context.Reading.ReadAsync(new ObjectKey(account.Id, pack.Hash, ObjectKind.Pack), row.Position, row.Length, state.Hash, state.Size, null, cancellationToken)
            : await ReadAloneAsync();

        Task<BodyRead?> ReadAloneAsync() => context.Reading.ReadAsync(key, 0, null, state.Hash, state.Size, null, cancellationToken);
    }

    private async Task ReportAsync(FindingKind kind, BodyState state, BodyEvidence evidence, CancellationToken cancellationToken)
    {
        var key = Judgement.KeyOf(account.Id, state);
        var finding = new VerifyFinding(kind, account.Id, account.Name, state.Hash, FindingText.WhereOf(key, state), FindingText.Of(kind, state, evidence));
        if (context.Request.Fixes)
        {
            var repaired = await context.Repair.RepairAsync(kind, key, state, evidence, cancellationToken);
            finding = finding with { Repair = repaired.Text, IsRepaired = repaired.IsDone };
        }

        context.Progress.Found(account.Id, finding);
    }
}
