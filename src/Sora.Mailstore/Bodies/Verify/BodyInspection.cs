using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Verify;

/// <summary>One body of one account: what is known of it.</summary>
/// <param name="Account">Whose; 0: a staged object.</param>
/// <param name="Owner">The account's primary address or shared domain.</param>
/// <param name="Size">Bytes, as contents have it; null when none refers to it.</param>
/// <param name="State">What its row says: none, being put, stored, being deleted.</param>
/// <param name="Where">The object, or the part of a pack, that it is read from.</param>
/// <param name="StoredSize">Bytes of the object, or of the part; null when it is not there.</param>
/// <param name="KeyId">What it is encrypted with.</param>
/// <param name="DeadSince">Since when nothing refers to it.</param>
/// <param name="DamagedAt">When it was found damaged or missing.</param>
/// <param name="Staged">Its staged copies.</param>
/// <param name="Messages">Messages that need it, the first of them.</param>
/// <param name="Problem">What is wrong; null when nothing is.</param>
/// <param name="IsGood">It was read, and has this hash.</param>
public sealed record BodyInspection(
    AccountId Account,
    string? Owner,
    long? Size,
    string State,
    string Where,
    long? StoredSize,
    string? KeyId,
    DateTimeOffset? DeadSince,
    DateTimeOffset? DamagedAt,
    IReadOnlyList<string> Staged,
    IReadOnlyList<BodyMessage> Messages,
    string? Problem,
    bool IsGood)
{
    private const int MostMessages = 100;

    internal static async Task<BodyInspection> OfAsync(VerifyContext context, VerifyAccount account, ContentHash hash, CancellationToken cancellationToken)
    {
        var state = (await context.Store.StatesAsync(account.Id, [hash], cancellationToken))[0];
        var key = Judgement.KeyOf(account.Id, state);
        var evidence = await new Confirmation(context, account).LookAsync(state, cancellationToken);
        var row = state.Row;
        var isThere = row is null ? evidence.Alone is not null : Judgement.IsThere(row, evidence, isPackLookedFor: true);
        var read = isThere && evidence.Read is null
            ? await context.Reading.ReadAsync(SourceOf(account.Id, state, key), row?.Position ?? 0, row?.PackId is null ? null : row.Length, hash, state.Size, null, cancellationToken)
            : evidence.Read;
        var copies = (await context.Store.CopiesAsync(hash, cancellationToken)).Where(copy => account.Id.Value == 0 ? copy.IsObject : copy.Accounts.Contains(account.Id.Value));
        var kind = Judgement.Of(state, evidence, isPackLookedFor: true, context.Before);
        return new BodyInspection(
            account.Id,
            account.Name,
            state.Size,
            StateOf(row),
            FindingText.WhereOf(key, state),
            !isThere ? null : row?.PackId is null ? evidence.Alone?.Size : row.Length,
            read?.KeyId ?? row?.KeyId,
            row?.DeadSince,
            row?.DamagedAt,
            [.. copies.Select(StagedCopies.PlaceOf)],
            await context.Store.MessagesAsync(account.Id, hash, MostMessages, cancellationToken),
            kind is { } found ? FindingText.Of(found, state, evidence) : read?.Error ?? read?.KeyProblem,
            read is { IsGood: true });
    }

    private static ObjectKey SourceOf(AccountId account, BodyState state, ObjectKey key) =>
        state.Row is { Pack: { } pack } ? new ObjectKey(account, pack.Hash, ObjectKind.Pack) : key;

    private static string StateOf(BodyRow? row) => row?.State switch
    {
        null => "no row",
        BodyRowState.BeingPut => "being put",
        BodyRowState.Stored => "stored",
        _ => "being deleted",
    };
}
