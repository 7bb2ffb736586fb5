using System.Buffers.Binary;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Verify;

/// <summary>
/// Looks at staged bodies, of one account or of all: that this node's files are there and, with a deep check, that all copies that can be read from here are good. Staged
/// objects are looked at where the store's list of them is.
/// </summary>
internal sealed class StagedPhase(VerifyContext context, VerifyAccount account, AccountId? only)
{
    /// <summary>Files of other nodes, which cannot be looked at from here.</summary>
    public long OtherNodes { get; private set; }

    public async Task RunAsync(byte[] after, CancellationToken cancellationToken)
    {
        const int page = 200;
        var last = after.Length == sizeof(long) ? BinaryPrimitives.ReadInt64BigEndian(after) : 0;
        while (await context.Store.StagedAsync(only, last, page, cancellationToken) is { Count: > 0 } copies)
        {
            foreach (var copy in copies)
            {
                if (context.Staged.IsElsewhere(copy))
                    OtherNodes++;
                else
                    await LookAsync(copy, cancellationToken);
            }

            last = copies[^1].Id;
            var position = new byte[sizeof(long)];
            BinaryPrimitives.WriteInt64BigEndian(position, last);
            await context.Progress.AdvanceAsync(new VerifyPosition(account.Id, VerifyPhase.Staged, position), copies.Count, cancellationToken);
            await context.Pace.SpendAsync(copies.Count, 0, cancellationToken);
        }
    }

    private async Task LookAsync(StagedCopy copy, CancellationToken cancellationToken)
    {
        if (await CheckAsync(copy, cancellationToken) is { IsGood: true })
            return;

        // It may have been moved at that moment; an object of its own is looked at with the others of its kind
        if (await context.Store.FindStagedAsync(copy.Id, cancellationToken) is not { } again)
            return;
        var read = await CheckAsync(again, cancellationToken);
        if (read is { IsGood: true } || (copy.IsObject && read is null) || await context.Store.FindStagedAsync(copy.Id, cancellationToken) is null)
            return;
        var (kind, detail) = read switch
        {
            null => (FindingKind.Missing, "what is staged is not there"),
            { KeyProblem: { } problem } => (FindingKind.Unreadable, problem),
            { Error: var error } => (FindingKind.Damaged, error!),
        };
        await ReportAsync(kind, again, detail, cancellationToken);
    }

    private async Task<BodyRead?> CheckAsync(StagedCopy copy, CancellationToken cancellationToken) => context.Request.IsDeep
        ? await context.Staged.ReadAsync(copy, null, cancellationToken)
        : context.Staged.Look(copy);

    private async Task ReportAsync(FindingKind kind, StagedCopy copy, string detail, CancellationToken cancellationToken)
    {
        var owner = copy.Accounts.Length == 1 ? await context.Store.FindAccountAsync(new AccountId(copy.Accounts[0]), cancellationToken) : account;
        var finding = new VerifyFinding(kind, owner.Id, owner.Name, copy.Hash, StagedCopies.PlaceOf(copy), detail);
        if (context.Request.Fixes)
        {
            var repaired = await RepairAsync(copy, cancellationToken);
            finding = finding with { Repair = repaired.Text, IsRepaired = repaired.IsDone };
        }

        context.Progress.Found(account.Id, finding);
    }

    // The accounts' objects are put from another copy; then what is staged is not needed, and the uploader forgets it.
    private async Task<Repaired> RepairAsync(StagedCopy copy, CancellationToken cancellationToken)
    {
        var repaired = new Repaired("no message needs it", true);
        foreach (var id in copy.Accounts)
        {
            var one = new AccountId(id);
            var state = (await context.Store.StatesAsync(one, [copy.Hash], cancellationToken))[0];
            if (state.IsNeeded && repaired.IsDone)
                repaired = await context.Repair.RestoreAsync(new ObjectKey(one, copy.Hash), state, cancellationToken);
        }

        if (repaired.IsDone)
            await context.Store.SetDueAsync(copy.Id, cancellationToken);
        return repaired;
    }
}
