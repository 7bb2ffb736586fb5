using Sora.Contracts;

namespace Sora.Mailstore.Accounts.Passwords;

/// <summary>What may be done to a stored password when its password is known.</summary>
/// <param name="Like">Keys of other passwords of the same address: new ones have their salt and rounds.</param>
/// <param name="MustBeLike">Keys that have another salt are replaced: they are of a further password, and SCRAM has only one challenge for all of an address.</param>
/// <param name="IsGenerated">It is a <see cref="GeneratedPassword"/>, for which no slower hash is wanted.</param>
internal sealed record Renewal(IReadOnlyList<ScramKeys> Like, bool MustBeLike = false, bool IsGenerated = false)
{
    public static readonly Renewal OfOne = new([]);

    public ScramKeys? Find(ScramHashes hash) => Like.FirstOrDefault(keys => keys.Hash == hash);
}
