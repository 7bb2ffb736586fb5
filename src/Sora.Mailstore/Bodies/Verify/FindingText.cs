using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Bodies.Verify;

/// <summary>Findings in words.</summary>
internal static class FindingText
{
    /// <summary>The object that is meant: a body's own, or the part of a pack.</summary>
    public static string WhereOf(ObjectKey key, BodyState state) => state.Row is { Pack: { } pack } row
        ? FormattableString.Invariant($"{new ObjectKey(key.Account, pack.Hash, ObjectKind.Pack)} bytes {row.Position}-{row.Position + row.Length - 1}")
        : key.ToString();

    public static string Of(FindingKind kind, BodyState state, BodyEvidence evidence) => kind switch
    {
        FindingKind.Missing => Missing(state, evidence),
        FindingKind.Damaged => evidence.Read?.Error ?? "it is not the body",
        FindingKind.Orphaned => "nothing knows of it and no message needs it",
        FindingKind.Unlisted => "a message needs it, and it has no row",
        FindingKind.Gone => state.IsStaged ? "the row says that it is stored, which it is not; it is still staged" : "it has a row and no object, and no message needs it",
        FindingKind.Leaked => "no message needs it, and it is not marked as dead",
        FindingKind.Unfinished => "the row says that it is being put; it is there, and nobody puts it",
        FindingKind.Duplicate => "it is in a pack, and an object of its own",
        FindingKind.WrongKey => $"the row says {Key(state.Row?.KeyId)}, it is {Key(evidence.Read?.KeyId)}",
        FindingKind.Unreadable => evidence.Read?.KeyProblem ?? "its key is not known",
        _ => "it is marked as damaged and is not",
    };

    private static string Missing(BodyState state, BodyEvidence evidence)
    {
        if (state.Row is { State: BodyRowState.BeingDeleted })
            return "a message needs it, and it is being deleted";
        if (state.Row is not { PackId: not null } row)
            return state.Row is null ? "it is neither staged nor in the object store, and has no row" : "it is neither staged nor in the object store";
        if (row.Pack is null)
            return "its pack has no row";
        return evidence.Pack is { } pack
            ? FormattableString.Invariant($"its pack has {pack.Size} bytes, and it should end at {row.Position + row.Length}")
            : "its pack is not in the object store";
    }

    private static string Key(string? id) => id is null ? "not encrypted" : $"encrypted with key '{id}'";
}
