using Sora.Mailstore.Bodies.Encoded;
using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Bodies.Verify;

/// <summary>What is wrong with a body, by what the database says and what the object store has. It decides; it looks at nothing itself.</summary>
internal static class Judgement
{
    /// <param name="state">What the database says.</param>
    /// <param name="evidence">What the store has.</param>
    /// <param name="isPackLookedFor">Otherwise a pack is believed to be there when it has a row.</param>
    /// <param name="before">What is younger than this may be on its way.</param>
    public static FindingKind? Of(BodyState state, BodyEvidence evidence, bool isPackLookedFor, DateTimeOffset before)
    {
        if (state.Row is not { } row)
            return WithoutRow(state, evidence, before);
        if (row.State == BodyRowState.BeingDeleted)
            return state is { IsNeeded: true, IsStaged: false } ? FindingKind.Missing : null;
        if (row.State == BodyRowState.BeingPut)
            return BeingPut(state, row, evidence, before);
        var isThere = IsThere(row, evidence, isPackLookedFor);
        if (!isThere && row.PackId is not null && evidence.Alone is not null && state.IsNeeded)
            return FindingKind.Duplicate;
        if (!isThere)
            return NotThere(state, row, before);
        if (IsLeaked(state, row, before))
            return FindingKind.Leaked;
        if (row.PackId is not null && evidence.Alone is { } alone && alone.Written < before)
            return FindingKind.Duplicate;
        return state.HasContent || state.IsStaged ? OfRead(row, evidence) : null;
    }

    /// <summary>
    /// Whether a size tells without reading that something may be wrong: bodies that are stored as they are have their size, encrypted ones are a little larger,
    /// compressed ones can have any that is not much larger.
    /// </summary>
    public static bool IsOddSize(long stored, long plain, string? keyId, BodyCodec codec)
    {
        if (stored == plain)
            return keyId is not null;
        if (keyId is null && codec.IsIdentity)
            return true;
        var most = EncodingHeader.Length + plain + ((((plain >> EncodingHeader.MinChunkBits) + 1) * (ChunkCipher.TagLength + (2 * sizeof(uint)))) + sizeof(ulong));
        return stored < EncodingHeader.Length || stored > most + ChunkCipher.TagLength;
    }

    private static FindingKind? WithoutRow(BodyState state, BodyEvidence evidence, DateTimeOffset before)
    {
        if (state.IsStaged)
            return null;
        if (evidence.Alone is not { } alone)
            return state.IsNeeded ? FindingKind.Missing : null;
        if (state.IsNeeded)
            return evidence.Read is { Error: not null } ? FindingKind.Damaged : FindingKind.Unlisted;
        return !state.HasContent && alone.Written < before ? FindingKind.Orphaned : null;
    }

    private static FindingKind? BeingPut(BodyState state, BodyRow row, BodyEvidence evidence, DateTimeOffset before)
    {
        if (state.IsStaged)
            return null;
        if (!state.IsNeeded)
            return IsLeaked(state, row, before) ? FindingKind.Leaked : null;
        if (evidence.Alone is null)
            return FindingKind.Missing;
        return evidence.Read is { Error: not null } ? FindingKind.Damaged : FindingKind.Unfinished;
    }

    private static FindingKind? NotThere(BodyState state, BodyRow row, DateTimeOffset before)
    {
        if (state.IsStaged)
            return row.DamagedAt is null ? FindingKind.Gone : null; // what is marked is put again from staging
        if (state.IsNeeded)
            return FindingKind.Missing;
        return !state.HasContent && row.DeadSince is null && row.CreatedAt < before ? FindingKind.Gone : null;
    }

    private static FindingKind? OfRead(BodyRow row, BodyEvidence evidence)
    {
        if (evidence.Read is not { } read)
            return null;
        if (read.Error is not null)
            return FindingKind.Damaged;
        if (read.KeyId != row.KeyId)
            return FindingKind.WrongKey;
        if (read.KeyProblem is not null)
            return FindingKind.Unreadable;
        return row.DamagedAt is not null && read.IsWhole ? FindingKind.Sound : null;
    }

    private static bool IsLeaked(BodyState state, BodyRow row, DateTimeOffset before) =>
        state is { HasContent: false, IsStaged: false } && row.DeadSince is null && row.CreatedAt < before;

    public static bool IsThere(BodyRow row, BodyEvidence evidence, bool isPackLookedFor)
    {
        if (row.PackId is null)
            return evidence.Alone is not null;
        var end = row.Position + row.Length;
        if (row.Pack is not { State: BodyRowState.Stored } pack || end > pack.Size)
            return false;
        return !isPackLookedFor || (evidence.Pack is { } found && end <= found.Size);
    }

    /// <summary>The object that a row says a body is in.</summary>
    public static ObjectKey KeyOf(Sora.Contracts.AccountId account, BodyState state) =>
        new(account, state.Hash, account.Value == 0 ? ObjectKind.Staged : ObjectKind.Body);
}
